#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A mount inside a layer is no part of the layer.
. "${0%/*}/lib.sh"

scenario() {
	mkdir lower/before lower/after upper/before upper/after
	echo beneath | tee lower/before/file lower/after/file lower/bound lower/late upper/before/mine \
		upper/after/mine >/dev/null
	echo over >over
	mount -t tmpfs over lower/before
	mount -t tmpfs over upper/before
	mount --bind over lower/bound
	mount_merged
	mount -t tmpfs over lower/after
	mount -t tmpfs over upper/after
	mount --bind over lower/late
	echo over | tee lower/before/seen lower/after/seen upper/before/seen upper/after/seen >/dev/null
	for dir in before after; do
		assert_names merged/$dir 'file mine'
		assert_content merged/$dir/file beneath
		echo new >merged/$dir/new
		echo more >>merged/$dir/file
	done
	assert_content merged/bound beneath
	assert_content merged/late beneath
	echo more >>merged/late
	assert_names upper/before seen
	assert_names upper/after seen
	umount lower/before lower/after lower/bound lower/late upper/before upper/after
	assert_names upper/before 'file mine new'
	assert_content upper/late 'beneath
more'
	assert_content lower/late beneath
	umount_merged
}
on_each_backend_as 'root userns' 'mounts within a layer, older or younger than the view, are not seen'

scenario() {
	mkdir lower/dir
	echo beneath >lower/dir/file
	mount --bind lower lower
	mount --make-rshared lower
	mount_merged
	mount -t tmpfs over lower/dir
	assert_names merged/dir file
	umount lower/dir
	umount_merged
	umount lower
}
on_each_backend 'nor what is mounted within a layer that hands mounts on to its peers'

scenario() {
	local i
	mkdir lower/merged
	echo data >lower/file
	if [ "$backend" = kernel ]; then
		mount -t overlay overlay -o "$(mount_options)$kernel_words" lower/merged
	else
		"$SHALE_FUSE" -o "$(mount_options)" lower/merged
	fi
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		timeout -s KILL 20 find lower/merged -name file >found$i 2>&1 &
	done
	wait
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		grep -qx lower/merged/file found$i
	done
	timeout -s KILL 20 sh -c 'echo more >>lower/merged/file'
	assert_content upper/file 'data
more'
	if [ "$kind" = user ]; then
		# Without the right to see beneath it, the mount point is no place to go.
		assert_fails 'cross-device' timeout -s KILL 20 ls lower/merged/merged
		fusermount3 -u lower/merged
	else
		assert_names lower/merged/merged ''
		umount lower/merged
	fi
}
on_each_backend_as 'root user userns' 'a layer may hold the mount point'

scenario() {
	mount -t tmpfs low lower
	echo data >lower/file
	mount_merged
	# As with the kernel's overlay, the filesystem lives on for the view.
	umount lower
	assert_content merged/file data
	umount_merged
}
on_each_backend_as 'root userns' 'what a layer lies on can be unmounted'
