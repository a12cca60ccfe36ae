#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# This version reads a store that version 0.1.0 made, and goes on with it. The store has an image of two
# layers with the names app:1 and other:2, imported with --keep-blobs; a layer that was committed on it,
# `frozen`; and the writable layers `work`, on the image, and `second`, on `frozen`.
. "${0%/*}/lib.sh"
. "$here/lib-store.sh"

scenario() {
	mkdir home
	tar -C home --xattrs --xattrs-include='*' --same-owner -xpf "$here/store-0.1.0.tar.xz"
	shale check
	assert_eq "$(shale images | awk 'NR > 1 { print $1 }' | sort | xargs)" 'app:1 other:2'
	assert_eq "$(shale ls | awk 'NR > 1 { print $1 }' | sort | tail -n 3 | xargs)" 'frozen second work'
	reads_the_layers
	goes_out_as_it_came
	goes_on
	shale check
}

reads_the_layers() {
	m=$(shale get work)
	assert_eq "$(ls "$m/etc") $(cat "$m/mine" "$m/moved/page" "$m/usr/lib/new" | xargs)" ' mine page new'
	assert_eq "$(getfattr --only-values -n user.k "$m/mine")" v
	assert_eq "$(stat -c '%s %t:%T %F' "$m/sparse" "$m/null" "$m/fifo" | xargs)" \
		"$(echo 314572800 0:0 regular file 0 1:3 character special file 0 0:0 fifo)"
	shale put work
	m=$(shale get second)
	assert_eq "$(ls "$m/usr")" only
	shale put second
	assert_eq "$(shale changes work | sort -k 2 | xargs)" 'C /etc D /etc/two A /mine A /moved A /moved/page D /srv C /usr A /usr/dir'
	assert_eq "$(shale changes second | xargs)" 'C /usr D /usr/dir D /usr/lib D /usr/link A /usr/only'
}

# Exports the image: its manifest has the same digest as the image that was imported.
goes_out_as_it_came() {
	shale export app:1 oci:out:1
	grep -qF 'sha256:9905c1423af7ad99d66585231aad3619639661fc937109a04a816fb85f9074f3' out/index.json
}

# Makes new layers on the layers of the old store.
goes_on() {
	shale commit second done
	shale create --rw --parent done third
	m=$(shale get third)
	echo more >"$m/usr/more"
	assert_eq "$(ls "$m/usr" | xargs)" 'more only'
	shale put third
	shale export done docker-archive:done.tar:done:1
	shale rm third
	shale rmi other:2
}
on_each_backend 'a store of 0.1.0 is read and goes on'
