#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Renamed directories that are merged with lower ones (mount option redirect_dir).
. "${0%/*}/lib.sh"

# The kernel makes redirects for root only.
scenario() {
	mkdir -p lower/dir/sub lower/other
	echo data >lower/dir/sub/file
	touch lower/dir/kept
	mount_merged redirect_dir=on
	mv merged/dir merged/same
	assert_eq "$(xattr "$overlay_xattr.redirect" upper/same)" dir 'redirect within a directory'
	mv merged/same merged/other/moved
	assert_eq "$(xattr "$overlay_xattr.redirect" upper/other/moved)" /dir 'redirect to another'
	mv merged/other/moved/sub merged/sub
	assert_eq "$(xattr "$overlay_xattr.redirect" upper/sub)" /dir/sub 'redirect of a child'
	assert_names merged 'other sub'
	assert_names merged/other/moved kept
	assert_content merged/sub/file data
	assert_names upper/other/moved sub
	assert_whiteout upper/other/moved/sub
	remount redirect_dir=on
	assert_content merged/sub/file data
	assert_names merged/other/moved kept
	swap_backend
	assert_names merged 'other sub'
	assert_names merged/other/moved kept
	assert_content merged/sub/file data
}
on_each_backend 'a merged directory is renamed, shows its lower part there, and to the other backend too'

scenario() {
	mkdir -p lower/dir
	touch lower/dir/file
	mount_merged
	assert_op merged 'rename path=dir path2=moved' EXDEV
	remount redirect_dir=on
	mv merged/dir merged/moved
	remount redirect_dir=nofollow
	assert_fails 'Operation not permitted' ls merged/moved
	remount redirect_dir=follow
	assert_names merged/moved file
	assert_op merged 'rename path=moved path2=again' EXDEV
	remount
	assert_names merged/moved file
}
on_each_backend 'without redirect_dir no merged directory is renamed, and existing redirects are followed or refused'

# The renamed directory is in the middle of a stack, and a new directory has its old name.
scenario() {
	mkdir -p lower/dir low2
	echo data >lower/dir/file
	mount_merged redirect_dir=on
	mv merged/dir merged/moved
	mkdir merged/dir
	echo new >merged/dir/file
	umount_merged
	mv upper low2/diff
	mkdir upper
	lowers=low2/diff:lower
	mount_merged redirect_dir=on
	assert_content merged/moved/file data
	assert_content merged/dir/file new
	mkdir merged/sub
	mv merged/moved merged/sub/moved
	assert_content merged/sub/moved/file data
	swap_backend
	assert_content merged/sub/moved/file data
	assert_content merged/dir/file new
}
on_each_backend 'a redirect in a lower layer, and one on top of it'

scenario() {
	local long
	long=$(printf 'n%.0s' $(seq 100))
	mkdir -p "lower/$long/$long/$long" lower/elsewhere
	mount_merged redirect_dir=on
	assert_op merged "rename path=$long/$long/$long path2=elsewhere/moved" EXDEV
	mv "merged/$long/$long/$long" "merged/$long/$long/new"
	assert_names "merged/$long/$long" new
}
on_each_backend_as 'root user' 'a rename that no redirect can express is EXDEV'

# A user's mount makes and follows redirects only if it is asked to.
scenario() {
	mkdir -p lower/dir
	touch lower/dir/file
	mount_merged redirect_dir=on
	mv merged/dir merged/moved
	assert_names merged/moved file
	remount
	assert_fails 'Operation not permitted' ls merged/moved
	remount redirect_dir=on
	assert_names merged/moved file
}
only_backend=fuse on_each_backend_as 'user userns' 'a user has to ask for redirects'
