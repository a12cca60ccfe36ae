#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Deleting lower files.
. "${0%/*}/lib.sh"

scenario() {
	echo old >lower/file
	mount_merged
	rm merged/file
	assert_whiteout upper/file
	assert_absent merged/file
	assert_names merged ''
	assert_content lower/file old
	remount
	assert_absent merged/file
	assert_names merged ''
}
on_each_backend_as 'root plain userns' 'deleting a lower file leaves a whiteout in upper'

scenario() {
	mkdir -p lower/dir/sub
	touch lower/dir/a lower/dir/sub/b
	mount_merged
	rm -r merged/dir
	assert_whiteout upper/dir
	remount
	assert_names merged ''
}
on_each_backend_as 'root plain userns' 'deleting a lower directory leaves one whiteout'

scenario() {
	echo old >lower/file
	mount_merged
	rm merged/file
	echo new >merged/file
	assert_content merged/file new
	assert_content upper/file new
	remount
	assert_content merged/file new
	rm merged/file
	assert_whiteout upper/file
}
on_each_backend_as 'root plain userns' 'a file made over a whiteout takes its place'

scenario() {
	mount_merged
	touch merged/mine
	rm merged/mine
	assert_names upper ''
}
on_each_backend_as 'root plain userns' 'deleting a file that only upper has leaves no whiteout'

scenario() {
	mkdir lower2
	echo two >lower2/hidden
	echo two >lower2/seen
	mknod lower/hidden c 0 0
	lowers=lower:lower2
	mount_merged
	assert_names merged seen
	assert_absent merged/hidden
	echo again >merged/hidden
	remount
	assert_content merged/hidden again
}
on_each_backend_as 'root plain userns' 'a whiteout in a lower layer hides what lies below'

scenario() {
	mount_merged
	assert_fails 'Operation not permitted' mknod merged/null c 0 0
	assert_names merged ''
	assert_names upper ''
}
on_each_backend_as 'root plain' 'a 0/0 device cannot be made through the mount'

scenario() {
	local i
	echo old >lower/name
	mount_merged
	for i in $(seq 50); do
		rm merged/name
		assert_absent merged/name
		echo "$i" >merged/name
		assert_content merged/name "$i"
		[ $((i % 3)) != 0 ] || mv merged/name merged/other
		[ $((i % 3)) != 0 ] || mv merged/other merged/name
	done
	rm merged/name
	mkdir merged/name
	rmdir merged/name
	assert_whiteout upper/name
}
on_each_backend_as 'root plain userns' 'a name that is made and deleted again and again is right each time'

# A removal must not trust an old listing of the directory.
scenario() {
	local name
	mkdir lower2
	echo below >lower/shown
	echo below >lower2/deep
	echo below >lower2/covered
	mknod lower/covered c 0 0
	echo below >lower/gone
	echo below >lower/again
	lowers=lower:lower2
	mount_merged
	rm merged/gone
	remount
	assert_names merged 'again deep shown'
	rm merged/again # a listing in memory still has this name
	for name in shown deep covered gone again new; do
		echo upper >merged/$name
	done
	rm merged/{shown,deep,covered,gone,again,new}
	for name in shown deep gone again; do
		assert_whiteout upper/$name
	done
	assert_absent upper/covered upper/new
	remount
	assert_names merged ''
}
on_each_backend_as 'root plain userns' 'a removal leaves a whiteout where a lower layer shows the name, and nowhere else'
