#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Renames of files and directories in a merged tree.
. "${0%/*}/lib.sh"

scenario() {
	echo data >lower/old
	mount_merged
	mv merged/old merged/new
	assert_names merged new
	assert_content merged/new data
	assert_whiteout upper/old
	remount
	assert_names merged new
	assert_content merged/new data
	mv merged/new merged/old
	assert_names upper old
}
on_each_backend_as 'root plain userns' 'a renamed lower file leaves a whiteout, and keeps its data'

scenario() {
	echo one >lower/one
	echo two >lower/two
	mount_merged
	mv merged/one merged/two
	assert_names merged two
	assert_content merged/two one
	assert_whiteout upper/one
	remount
	assert_content merged/two one
}
on_each_backend_as 'root plain userns' 'a lower file renamed over another takes its place'

scenario() {
	mkdir -p lower/dir upper/merged-too lower/merged-too
	touch lower/dir/file
	mount_merged
	assert_op merged 'rename path=dir path2=moved' EXDEV
	assert_op merged 'rename path=merged-too path2=moved' EXDEV
	assert_op merged 'rename path=dir path2=merged-too flags=0x2' EXDEV
	assert_names merged 'dir merged-too'
	mv merged/dir merged/moved
	assert_names merged 'merged-too moved'
	assert_names merged/moved file
	remount
	assert_names merged/moved file
}
on_each_backend_as 'root plain userns' 'a directory that a lower layer has cannot be renamed: EXDEV, and mv copies'

scenario() {
	mount_merged
	mkdir -p merged/dir/sub
	echo data >merged/dir/sub/file
	mv merged/dir merged/moved
	assert_names merged moved
	assert_content merged/moved/sub/file data
	mkdir merged/empty
	mv -T merged/moved merged/empty
	assert_content merged/empty/sub/file data
	remount
	assert_names merged empty
	assert_content merged/empty/sub/file data
	assert_names upper empty
}
on_each_backend_as 'root plain userns' 'a directory of upper is renamed like any other'

scenario() {
	echo low >lower/low
	mkdir lower/dir
	mount_merged
	echo up >merged/up
	assert_op merged 'rename path=low path2=up flags=0x1' EEXIST
	assert_op merged 'rename path=up path2=low flags=0x2' ok
	assert_content merged/low up
	assert_content merged/up low
	chmod 600 merged/up merged/low
	assert_content merged/low up
	assert_content merged/up low
	remount
	assert_content merged/low up
	assert_content merged/up low
	assert_op merged 'rename path=up path2=new flags=0x1' ok
	assert_op merged 'rename path=low path2=nowhere flags=0x2' ENOENT
	assert_op merged 'rename path=low path2=new flags=0x4' EINVAL
	assert_op merged 'rename path=low path2=dir' EISDIR
	assert_names merged 'dir low new'
}
on_each_backend_as 'root plain userns' 'NOREPLACE and EXCHANGE between layers'

scenario() {
	local i
	mkdir -p lower/{a,b,c}/{x,y}
	for i in $(seq 30); do echo "$i" >"lower/a/x/$i"; done
	mount_merged
	cp -a merged/a merged/d
	for i in $(seq 1 3 30); do
		mv "merged/a/x/$i" "merged/b/y/$i"
		assert_op merged "rename path=d/x/$i path2=b/y/$i flags=0x2" ok
		assert_op merged "rename path=a/x/$((i + 1)) path2=d/x/$((i + 1))" ok
	done
	mv merged/d merged/e
	mkdir merged/d merged/f
	assert_op merged 'rename path=e path2=f flags=0x2' ok
	rm -rf merged/a merged/b merged/c merged/d merged/e merged/f
	assert_names merged ''
	remount
	assert_names merged ''
}
on_each_backend_as 'root plain userns' 'a tree of renames and exchanges can be deleted'

scenario() {
	mkdir lower/dir
	mount_merged
	mkdir merged/pure merged/pure/deep
	assert_op merged 'rename path=pure path2=pure/deep/self' EINVAL
	touch merged/dir/file
	assert_op merged 'rename path=pure path2=dir' ENOTEMPTY
	rm merged/dir/file
	assert_op merged 'rename path=pure path2=dir' ok
	assert_names merged/dir deep
	remount
	assert_names merged/dir deep
	assert_names merged dir
}
on_each_backend_as 'root plain userns' 'a directory renamed over an emptied lower one replaces it'
