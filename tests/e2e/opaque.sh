#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Opaque directories, which hide lower directories.
. "${0%/*}/lib.sh"

scenario() {
	mkdir -p lower/dir/sub
	echo old >lower/dir/file
	mount_merged
	rm -r merged/dir
	mkdir merged/dir
	assert_names merged/dir ''
	assert_opaque upper/dir
	echo new >merged/dir/new
	remount
	assert_names merged/dir new
	assert_content merged/dir/new new
	rm merged/dir/new
	rmdir merged/dir
	assert_whiteout upper/dir
}
on_each_backend_as 'root plain userns' 'a directory made anew in place of a lower one starts empty, and stays so'

scenario() {
	echo old >lower/name
	mount_merged
	rm merged/name
	mkdir merged/name
	touch merged/name/inside
	remount
	assert_names merged/name inside
	rm -r merged/name
	assert_whiteout upper/name
}
on_each_backend_as 'root plain userns' 'a directory can take the place of a lower file'

scenario() {
	mkdir -p lower/dir
	touch lower/dir/below
	mount_merged
	rm -r merged/dir
	echo file >merged/dir
	remount
	assert_content merged/dir file
	rm merged/dir
	mkdir merged/dir
	assert_names merged/dir ''
	remount
	assert_names merged/dir ''
}
on_each_backend_as 'root plain userns' 'a file can take the place of a lower directory, and a directory that of the file'

scenario() {
	mkdir -p lower/dir lower2/dir lower3/dir
	touch lower/dir/1 lower2/dir/2 lower3/dir/3
	setfattr -n "$overlay_xattr.opaque" -v y lower2/dir
	lowers=lower:lower2:lower3
	mount_merged
	assert_names merged/dir '1 2'
	touch merged/dir/0
	assert_names merged/dir '0 1 2'
	assert_not_opaque upper/dir
	assert_absent merged/dir/3
	remount
	assert_names merged/dir '0 1 2'
}
on_each_backend_as 'root plain userns' 'an opaque directory in the middle hides what lies below it, and copy-up does not spread it'

scenario() {
	local i
	mkdir -p lower/dir
	touch lower/dir/old
	mount_merged
	for i in 1 2 3; do
		rm -r merged/dir
		mkdir merged/dir
		touch "merged/dir/$i"
		mkdir merged/dir/sub
		remount
		assert_names merged/dir "$i sub"
	done
}
on_each_backend_as 'root plain userns' 'a directory that is made again and again is empty each time'

scenario() {
	mkdir -p lower/dir
	touch lower/dir/old
	mount_merged
	mkdir merged/new
	touch merged/new/inside
	rm -r merged/dir
	mv merged/new merged/dir
	assert_names merged/dir inside
	remount
	assert_names merged/dir inside
}
on_each_backend_as 'root plain userns' 'a directory renamed over a whiteout hides the lower one'
