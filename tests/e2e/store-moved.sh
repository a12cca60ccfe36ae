#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Layers are mounted at directories below one that another user may rename.
. "${0%/*}/lib.sh"

scenario() {
	store_with_layers
	shale create --rw --parent app other >/dev/null
	mkdir -p a/mine/dir a/theirs/dir
	shale mount rw a/mine/dir
	shale mount other a/theirs/dir
	mv a/mine a/aside && mv a/theirs a/mine && mv a/aside a/theirs
	# What is at its place now is another's.
	refute shale rm rw 2>said
	refute shale rm other 2>>said
	shale ls | grep -q '^rw .* mounted  *1$'
	shale umount rw
	is_mounted a/mine/dir
	refute is_mounted a/theirs/dir
	assert_clear_error 'not at' shale get other
	shale umount other
	shale rm rw
	shale rm other
}
on_each_backend 'a mount whose parent was exchanged is neither lost nor taken for another'

scenario() {
	local i swapper
	store_with_layers
	mkdir -p a/one/dir a/two/dir
	while mv a/one a/three && mv a/two a/one && mv a/three a/two; do :; done 2>/dev/null &
	swapper=$!
	for i in $(seq 20); do
		shale mount rw a/one/dir 2>>said && shale umount rw 2>>said || :
	done
	kill $swapper
	wait $swapper || :
	# Whatever was refused: what is mounted is known, and what is known is mounted.
	shale umount rw 2>>said || :
	assert_eq "$(grep -c "$PWD/a/" /proc/self/mounts || :)" 0 'mounts that nobody knows'
	shale rm rw
}
on_each_backend 'a mount whose parent is exchanged meanwhile lands where it was to be, or nowhere'
