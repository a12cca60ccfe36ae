#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Layers that Docker or podman keep: read where they lie, and nothing is written there. The answers
# are Docker's own, of a container that did the same.
. "${0%/*}/lib.sh"

# As Docker has it: a base, a layer of an image on it, and a writable one of a container.
engine_layer() { # ID [PARENT]
	local short=${1^^}
	short=$(printf '%.26s' "${short//[^A-Z]/}AAAAAAAAAAAAAAAAAAAAAAAAAA")
	mkdir -p engine/l "engine/$1/diff"
	ln -s "../$1/diff" "engine/l/$short"
	printf %s "$short" >"engine/$1/link"
	[ $# -gt 1 ] || return 0
	mkdir "engine/$1/work"
	printf %s "l/$(<"engine/$2/link")$(sed 's/^/:/' "engine/$2/lower" 2>/dev/null)" >"engine/$1/lower"
	: >"engine/$2/committed"
}

two_layers() {
	engine_layer base
	mkdir -p engine/base/diff/etc/deep/dir
	echo 1 | tee engine/base/diff/etc/{a,b,deep/x,deep/dir/y} >/dev/null
	ln engine/base/diff/etc/a engine/base/diff/etc/hard
	touch -d @1000000000 engine/base/diff/etc/a
	engine_layer cont base
	mkdir -p engine/cont/diff/etc/deep
	cp -p engine/base/diff/etc/a engine/cont/diff/etc/a
	chmod 700 engine/cont/diff/etc/a
	echo new >engine/cont/diff/etc/new
	echo z >engine/cont/diff/etc/deep/z
}

answers='C /etc
C /etc/a
D /etc/b
C /etc/deep
D /etc/deep/dir
D /etc/deep/x
A /etc/deep/z
A /etc/new'

docker_store() {
	two_layers
	mknod engine/cont/diff/etc/b c 0 0
	setfattr -n "$overlay_xattr.opaque" -v y engine/cont/diff/etc/deep
}

# With a mount_program, marks are files; what is called .wh..wh.x is none.
containers_store() {
	two_layers
	printf true >engine/.has-mount-program
	touch engine/cont/diff/etc/{.wh.b,deep/.wh..wh..opq,deep/.wh..opq,.wh..wh.plnk}
	rm engine/base/committed
	mkdir engine/base/empty engine/cont/merged overlay-layers engine/staging
	printf '[{"id":"cont","names":["box"],"parent":"base","created":"%s"}]' \
		2026-11-24T19:24:41.081392596Z >overlay-layers/layers.json
}

engine() {
	"$SHALE" --home "$PWD/engine" --run "$PWD/run" "$@"
}

everything() {
	find engine -printf '%p %y %m %s %T@ %C@ %l\n' | sort
}

reads_as_docker() {
	assert_eq "$(engine ls | awk '{ print $1, $2 }')" 'ID PARENT
base -
cont base'
	assert_eq "$(engine tree)" 'base
  cont'
	assert_eq "$(engine changes cont)" "$answers"
	assert_eq "$(engine changes --parent '' cont)" 'A /etc
A /etc/a
A /etc/deep
A /etc/deep/z
A /etc/hard
A /etc/new'
	assert_eq "$(engine diff cont | tar -t)" 'etc/
etc/a
etc/.wh.b
etc/deep/
etc/deep/.wh..wh..opq
etc/deep/z
etc/new'
	assert_eq "$(engine size cont)" 8
	assert_eq "$(engine inspect cont | grep -E '^(LowerDir|Parent)')" "LowerDir: $PWD/engine/base/diff
Parent: base"
	engine exists cont && ! engine exists other
	engine export cont tar:out.tar
	assert_eq "$(tar -tf out.tar)" "$(engine diff --parent '' cont | tar -t)"
}

refuses_to_write() {
	tar -cf empty.tar -T /dev/null
	for words in 'get cont' 'put cont' 'rm cont' 'create new' 'apply cont empty.tar' 'commit cont new' \
		'convert cont' gc cleanup check 'check --repair' 'mount cont work' 'umount cont' probe \
		'import empty.tar' 'rmi x'; do
		# shellcheck disable=SC2086 # words
		assert_clear_error 'only read' engine $words
	done
}

scenario() {
	local before
	docker_store
	before=$(everything)
	reads_as_docker
	refuses_to_write
	assert_eq "$(engine inspect base | grep Engine)" 'Engine: docker'
	assert_eq "$(everything)" "$before" 'what lies there'
	assert_absent run
	# A store of ours that was killed while it was made is none of these.
	mkdir -p home/staging home/trash home/l
	shale create base >/dev/null
}
only_backend=kernel on_each_backend_as 'root userns' "a directory of Docker's is read, and left as it is"

scenario() {
	local before
	containers_store
	before=$(everything)
	reads_as_docker
	assert_clear_error 'only read' engine create new
	assert_eq "$(engine inspect cont | grep -E 'Created|Name|Engine')" \
		'Created: 2026-11-24T19:24:41.081392596Z
Name: box
Engine: containers-storage'
	assert_eq "$(engine ls | awk '$1 == "cont" { print $5 }')" 2026-11-24T19:24:41Z
	assert_eq "$(everything)" "$before" 'what lies there'
	# podman makes lost links again when it starts.
	rm engine/l/* engine/cont/link
	assert_eq "$(engine changes cont)" "$answers"
	mkdir engine/cont/diff1
	assert_clear_error 'second directory' engine changes cont
}
only_backend=kernel on_each_backend_as 'root userns' "a directory of podman's is read, its marks as files"
