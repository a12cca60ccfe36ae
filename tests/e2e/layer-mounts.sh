#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Something is mounted inside the directory of a layer: it is not a part of the layer, and must not
# be shown.
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
on_each_backend 'a mount inside a layer on a shared mount is not seen either'

# Layers are named by paths of several kinds.
scenario() {
	local name
	mkdir -p lower/dir far/away/links far/lower/dir links
	echo beneath >lower/dir/file
	echo 'beneath, far' >far/lower/dir/file
	ln -s ../lower links/layer
	ln -s ../../lower far/away/links/layer
	ln -s far/away/links elsewhere
	ln -s "$PWD/lower" absolute
	mount -t tmpfs over lower/dir
	mount -t tmpfs over far/lower/dir
	for name in lower ./lower links/../lower links/layer absolute "$PWD/lower" "$PWD/links/layer" \
		"$PWD//links/.././lower/" far/../lower elsewhere/layer; do
		lowers=$name mount_merged
		case $name in
		elsewhere/*) assert_content merged/dir/file 'beneath, far' ;;
		*) assert_content merged/dir/file beneath ;;
		esac
		umount_merged
	done
	# The last two of the layers are the same directory.
	lowers=links/layer:far/lower:elsewhere/../../away/links/../../lower
	assert_fails '' mount_merged
	lowers=links/layer:far/lower
	mount_merged
	assert_content merged/dir/file beneath
	umount_merged
	umount lower/dir far/lower/dir
}
on_each_backend_as 'root userns' 'a layer may be named by a link, relative or with dots'

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
		# The daemon may not look below the mount point, so nobody can enter it.
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
	# The view keeps the filesystem alive, as a kernel overlay does.
	umount lower
	assert_content merged/file data
	umount_merged
}
on_each_backend_as 'root userns' 'the filesystem of a layer can be unmounted'

scenario() {
	local dir
	mkdir -p lower/{upper,work,mine}
	echo data | tee lower/mine/file lower/upper/file >/dev/null
	rmdir upper work
	ln -s lower/upper upper
	ln -s lower/work work
	mount_merged
	assert_names merged 'file mine upper work'
	for dir in upper work; do
		assert_fails 'Too many levels' ls merged/$dir
		assert_fails 'Too many levels' touch merged/$dir/new
		assert_fails 'Too many levels' rmdir merged/$dir
		assert_fails 'Too many levels' mv merged/$dir merged/other
		assert_fails 'Too many levels' mv merged/mine/file merged/$dir
	done
	echo more >>merged/mine/file
	assert_content upper/mine/file 'data
more'
	assert_names lower/upper 'file mine'
	umount_merged
	lowers=lower:lower
	case $backend in
	kernel) assert_fails 'Too many levels' mount_merged ;;
	fuse) assert_fails "'lower' is given twice" mount_merged ;;
	esac
}
on_each_backend_as 'root user userns' 'a layer may hold upper and work, where no name leads'

# benchexec mounts like this. A user namespace may not look beneath the mounts of others in the root,
# and the kernel mounts nothing there.
scenario() {
	local place=merged$PWD name
	lowers=/ mount_merged
	assert_eq "$(ls -A merged)" "$(ls -A /)"
	assert_eq "$(ls -A merged/usr)" "$(ls -A /usr)"
	if [ "$kind" = root ]; then
		assert_names merged/proc ''
		refute timeout -s KILL 20 ls "$place/merged"
	else
		assert_fails 'cross-device' timeout -s KILL 20 ls merged/proc
		assert_fails 'cross-device' timeout -s KILL 20 ls "$place/merged"
	fi
	for name in "$place"/merged/file "$place"/upper/file merged/proc/file; do
		timeout -s KILL 20 sh -c 'echo x >"$0"' "$name" 2>/dev/null || [ $? != 137 ]
	done
	if [ "$kind" != user ]; then
		timeout -s KILL 20 sh -c 'mkdir merged/tmp/made && echo new >merged/tmp/made/file'
		assert_content upper/tmp/made/file new
	fi
	umount_merged
}
on_each_backend 'the root directory of the host may be a layer'
only_backend=fuse on_each_backend_as 'user userns' 'the root directory of the host may be a layer for a plain user, too'
