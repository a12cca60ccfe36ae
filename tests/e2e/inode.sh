#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Inode numbers.
. "${0%/*}/lib.sh"

scenario() {
	local before
	echo data >lower/file
	mkdir lower/dir
	mkfifo lower/fifo
	ln -s x lower/link
	mount_merged
	before=$(stat -c '%n %i' merged merged/*)
	echo more >>merged/file
	chmod 700 merged/dir merged/fifo
	touch -h merged/link
	touch merged/dir
	[ -e upper/file ] && [ -e upper/dir ] && [ -e upper/fifo ] && [ -L upper/link ]
	assert_eq "$(stat -c '%n %i' merged merged/*)" "$before" 'after copy-up'
	if origin_is_known; then
		remount
		# Only files and directories can have user xattrs, and with them the mark of their origin.
		[ "$kind" = root ] || before=$(grep -v -e fifo -e link <<<"$before")
		assert_eq "$(stat -c '%n %i' merged merged/* | grep -F "$before")" "$before" 'mounted again'
	fi
	mv merged/file merged/file2
	assert_eq "$(inode merged/file2)" "$(echo "$before" | sed -n 's,^merged/file ,,p')" renamed
}
on_each_backend_as 'root user userns' 'an inode number stays over copy-up, remount and rename'

scenario() {
	local seen
	mkdir -p lower/a upper/a lower2/a lower2/a/sub
	touch lower/a/{1,2} lower2/a/{2,3} upper/a/4
	lowers=lower:lower2
	mount_merged
	echo up >merged/a/1
	chmod 700 merged/a/sub
	seen=$(cd merged/a && stat -c '%i %n' -- *)
	# shellcheck disable=SC2012
	assert_eq "$(cd merged/a && ls -1i | sed 's/^ *//')" "$seen" 'd_ino and st_ino'
	assert_eq "$(stat -c %i merged/a/* | sort -u | wc -l)" 5 'distinct numbers'
	assert_eq "$(stat -c %d merged merged/a merged/a/* | sort -u | wc -l)" 1 'devices'
}
on_each_backend_as 'root user userns' 'd_ino is st_ino, numbers are distinct, and there is one device'

scenario() {
	touch lower/file
	mount_merged
	exec 5<merged/file
	echo x >merged/file
	assert_eq "$(stat -L -c %i /proc/self/fd/5)" "$(inode merged/file)"
	exec 5<&-
}
on_each_backend_as 'root user userns' 'an open file and its name have one number over copy-up'
