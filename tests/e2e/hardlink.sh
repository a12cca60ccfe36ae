#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Hard links, in lower layers and in upper.
. "${0%/*}/lib.sh"

scenario() {
	echo old >lower/f1
	ln lower/f1 lower/h1
	mount_merged
	assert_eq "$(stat -c %h merged/f1 merged/h1 | tr '\n' ' ')" '2 2 '
	assert_eq "$(inode merged/f1)" "$(inode merged/h1)" 'inode numbers'
	echo new >>merged/f1
	assert_content merged/f1 "$(printf 'old\nnew')"
	assert_content merged/h1 old
	remount
	assert_content merged/f1 "$(printf 'old\nnew')"
	assert_content merged/h1 old
	echo other >merged/h1
	remount
	assert_content merged/f1 "$(printf 'old\nnew')"
	assert_content merged/h1 other
}
on_each_backend_as 'root plain userns' 'a write through one name of a linked lower file stays with that name, and is not lost'

scenario() {
	local i
	for i in 1 2 3 4; do
		echo "$i" >"lower/f$i"
		ln "lower/f$i" "lower/h$i"
	done
	mount_merged
	ls -lR merged >/dev/null
	mv merged/f1 merged/f2
	mv merged/h3 merged/f4
	chmod 600 merged/h1 merged/f4
	assert_content merged/f2 1
	assert_content merged/h2 2
	assert_content merged/h1 1
	assert_content merged/f4 3
	assert_content merged/h4 4
	echo changed >merged/h4
	assert_content merged/f4 3
	[ "$(inode merged/f2)" != "$(inode merged/h2)" ]
	remount
	assert_content merged/f2 1
	assert_content merged/h2 2
	assert_content merged/f4 3
	assert_content merged/h4 changed
}
on_each_backend_as 'root plain userns' 'linked lower files stay apart through copy-up and rename'

scenario() {
	echo data >lower/file
	mount_merged
	ln merged/file merged/second
	! origin_is_known || assert_eq "$(inode merged/file)" "$(inode merged/second)" 'inode numbers'
	assert_eq "$(stat -c %h merged/file merged/second upper/file | tr '\n' ' ')" '2 2 2 '
	echo more >>merged/second
	assert_content merged/file "$(printf 'data\nmore')"
	rm merged/file
	assert_eq "$(stat -c %h merged/second)" 1 'links left'
	assert_whiteout upper/file
	remount
	assert_content merged/second "$(printf 'data\nmore')"
	assert_names merged second
}
on_each_backend_as 'root plain userns' 'a link to a lower file copies it up, and both names are one file'

scenario() {
	mkdir lower/dir
	mount_merged
	echo data >merged/a
	ln merged/a merged/dir/b
	ln merged/a merged/c
	remount
	assert_eq "$(stat -c '%h %i' merged/a)" "$(stat -c '%h %i' merged/dir/b)"
	assert_eq "$(stat -c %h merged/c)" 3
	echo new >merged/c
	assert_content merged/a new
	assert_content merged/dir/b new
	chmod 600 merged/dir/b
	assert_eq "$(stat -c %a merged/a)" 600
	# Use rename(2) itself: mv(1) would notice that both names are one file, and unlink one of
	# them.
	perl -e 'rename "merged/a", "merged/dir/b" or die $!'
	assert_names merged 'a c dir'
	rm merged/a merged/c
	assert_eq "$(stat -c %h merged/dir/b)" 1
}
on_each_backend_as 'root plain userns' 'links made in upper stay one file, also when mounted again'

scenario() {
	mkfifo lower/fifo
	ln -s nowhere lower/link
	mount_merged
	ln merged/fifo merged/fifo2
	ln -P merged/link merged/link2
	! origin_is_known || assert_eq "$(inode merged/fifo)" "$(inode merged/fifo2)"
	assert_eq "$(readlink merged/link2)" nowhere
	assert_op merged 'link path=. path2=dir' EPERM
	assert_fails 'File exists' ln merged/fifo merged/link
}
on_each_backend_as 'root plain userns' 'fifos and symbolic links can be linked, directories cannot'

scenario() {
	echo old >lower/one
	ln lower/one lower/two
	mount_merged
	exec 5<merged/one
	rm merged/one
	assert_fails 'No such file or directory' ln -L /proc/self/fd/5 merged/three
	exec 5<&-
	assert_absent merged/three
	assert_content merged/two old
}
on_each_backend_as 'root plain userns' 'a name of a lower file that is gone does not come back by a link'
