#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `shale report` prints the facts for a bug report, without names of layers and files unless they
# are asked for.
. "${0%/*}/lib.sh"
. "$here/lib-store.sh"

scenario() {
	make_layers
	shale create --rw --parent base secret-layer >/dev/null
	shale get secret-layer >/dev/null
	mkdir -p run/log
	printf '%s\n' one two "shale-fuse: open '/srv/it's a secret-file': No such file" "shale-fuse: read 'a' and 'b'" \
		"shale-fuse: 'secret-end" last >run/log/secret-log
	mkfifo run/log/fifo
	tree_of home >before
	shale report >said
	assert_eq "$(grep -c secret said || true)" 0 'names without --names'
	grep -q '^shale: 0\.' said
	grep -qF "kernel: $(uname -r)" said
	grep -qx 'Mounted Layers: 1' said
	grep -q "^mount 1: mounted, backend $backend, users 1, rw" said
	assert_eq "$(grep ', line .: ' said | grep -F -e two -e open -e read -e "'..." -e last | sed 's/.*: line //; s/^[^:]*: //')" \
		"two
shale-fuse: open '...': No such file
shale-fuse: read '...'
shale-fuse: '...
last"
	shale report --names | grep -qx "secret-layer: mounted, backend $backend, users 1, rw"
	shale report --names | grep -qxF "secret-log, line 2: shale-fuse: open '/srv/it's a secret-file': No such file"
	assert_eq "$(shale report --json | sed -n 's,.*"mount 1": *"\([^"]*\)".*,\1,p')" "mounted, backend $backend, users 1, rw"
	tree_of home >after
	cmp before after
	shale put secret-layer
	# There is no store here: the other parts of the report are printed.
	"$SHALE" --home "$PWD/none" --run "$PWD/none.run" report >said
	grep -q '^error: store ' said
	grep -q '^libc: ' said
	[ ! -e none ]
}

make_layers() {
	mkdir tree
	echo one >tree/file
	layer_of base '' tree
}

tree_of() { # DIR
	find "$1" -printf '%p %y %s\n' | sort
}

on_each_backend 'a report says what a bug report needs, and no names unless asked'
