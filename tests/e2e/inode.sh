#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Inode numbers: they stay the same after a copy-up, and readdir and stat report the same ones.
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
		# Only files and directories can have user. xattrs, and the origin mark is one. Others
		# get a new number.
		[ "$kind" = root ] || before=$(grep -v -e fifo -e link <<<"$before")
		assert_eq "$(stat -c '%n %i' merged merged/* | grep -F "$before")" "$before" 'mounted again'
	fi
	mv merged/file merged/file2
	assert_eq "$(inode merged/file2)" "$(echo "$before" | sed -n 's,^merged/file ,,p')" renamed
}
on_each_backend_as 'root plain userns' 'an inode number stays over copy-up, remount and rename'

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
on_each_backend_as 'root plain userns' 'd_ino is st_ino, numbers are distinct, and there is one device'

scenario() {
	touch lower/file
	mount_merged
	exec 5<merged/file
	echo x >merged/file
	assert_eq "$(stat -L -c %i /proc/self/fd/5)" "$(inode merged/file)"
	exec 5<&-
}
on_each_backend_as 'root plain userns' 'an open file and its name have one number over copy-up'

# Mounts a tmpfs at lower2 and another at lower3.
other_filesystems() {
	mkdir -p lower2 lower3
	mount -t tmpfs two lower2
	mount -t tmpfs three lower3
	echo 2 | tee lower2/in2 >lower2/linked
	echo 3 >lower3/in3
	echo 1 >lower/in1
	echo 0 >upper/in0
	ln lower2/linked lower2/link
	mkdir lower2/dir
}

hex() { # DECIMAL
	printf '%x' "$1"
}

scenario() {
	local real
	other_filesystems
	lowers=lower:lower2:lower3
	mount_merged xino=on
	assert_eq "$(inode merged)" "$(inode upper)"
	assert_eq "$(inode merged/in1)" "$(inode lower/in1)"
	assert_eq "$(inode merged/in0)" "$(inode upper/in0)"
	real=$(inode lower2/in2)
	assert_eq "$(hex "$(inode merged/in2)")" "$(hex $((real | 1 << 62)))"
	assert_eq "$(hex "$(inode merged/in3)")" "$(hex $(($(inode lower3/in3) | 2 << 62)))"
	assert_eq "$(hex "$(inode merged/dir)")" "$(hex $(($(inode lower2/dir) | 1 << 62)))"
	echo more >>merged/in2
	assert_eq "$(hex "$(inode merged/in2)")" "$(hex $((real | 1 << 62)))" 'after copy-up'
	umount_merged
	lowers=lower2:lower3
	read_only=1 mount_merged xino=on
	assert_eq "$(hex "$(inode merged/in2)")" "$(hex $((real | 1 << 62)))" 'without upper'
	assert_eq "$(hex "$(inode merged/in3)")" "$(hex $(($(inode lower3/in3) | 2 << 62)))"
	umount_merged
	umount lower2 lower3
}
on_each_backend_as 'root userns' 'xino=on gives the kernel'"'"'s numbers to layers on several filesystems'

scenario() {
	local option name numbers
	other_filesystems
	lowers=lower:lower2:lower3
	for option in fsync=1 xino=off; do
		mount_merged $option
		for name in merged merged/*; do
			[ "$(inode "$name")" -lt 4294967296 ]
		done
		assert_eq "$(inode merged/in0)" "$(inode upper/in0)"
		numbers=$(stat -c %i merged merged/*)
		assert_eq "$(sort -u <<<"$numbers" | wc -l)" 7 distinct
		assert_eq "$(inode merged/link)" "$(inode merged/linked)"
		# shellcheck disable=SC2012
		assert_eq "$(ls -iU merged | awk '{ print $2, $1 }' | sort)" \
			"$(cd merged && stat -c '%n %i' -- * | sort)" 'd_ino and st_ino'
		cat merged/link merged/linked >/dev/null
		touch merged/in2 merged/in3 merged/linked
		echo changed >>merged/linked
		assert_content merged/link 2
		umount_merged
		rm -rf upper work
		mkdir upper work
		echo 0 >upper/in0
	done
	umount lower2 lower3
}
only_backend=fuse on_each_backend_as 'root userns' 'without xino=on a 32-bit program can stat the files of several filesystems'
