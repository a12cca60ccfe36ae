#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Time stamps.
. "${0%/*}/lib.sh"

scenario() {
	echo data >lower/file
	mkdir lower/dir
	touch -d '2001-02-03 04:05:06.123456789' lower/file lower/dir
	mount_merged
	assert_eq "$(stat -c %y merged/file)" "$(stat -c %y lower/file)"
	touch -d '1999-01-01 00:00:00.987654321' merged/file
	touch -h -d @5 merged/dir
	assert_eq "$(mtime merged/file)" "$(date -d '1999-01-01 00:00:00.987654321' +%s.%N)"
	remount
	assert_eq "$(mtime merged/file)" "$(date -d '1999-01-01 00:00:00.987654321' +%s.%N)"
	assert_eq "$(mtime merged/dir)" 5.000000000
	ln -s x merged/link
	touch -h -d @77 merged/link
	assert_eq "$(mtime merged/link)" 77.000000000
}
on_each_backend_as 'root plain userns' 'times are kept to the nanosecond'

scenario() {
	local op
	mkdir -p lower/dir/sub lower/other
	touch lower/dir/{a,b,c}
	mount_merged
	for op in 'touch merged/dir/new' 'rm merged/dir/a' 'mkdir merged/dir/d' 'rmdir merged/dir/d' \
		'mv merged/dir/b merged/dir/bb' 'ln -s x merged/dir/l' 'ln merged/dir/c merged/dir/cc' \
		'mv merged/dir/l merged/other/l'; do
		touch -d @1000 merged/dir merged/other
		$op
		[ "$(stat -c %Y merged/dir)" != 1000 ] || assert_eq 1000 now "mtime after: $op"
	done
	touch -d @1000 merged/dir
	echo data >>merged/dir/new
	chmod 600 merged/dir/new
	chmod 700 merged/dir/sub
	assert_eq "$(stat -c %Y merged/dir)" 1000 'after changes in what the directory holds'
	assert_eq "$(stat -c %Y upper/dir)" 1000 'in upper'
}
on_each_backend_as 'root user userns' "a directory's time moves with its entries, and only then"

scenario() {
	mkdir lower/dir
	touch lower/dir/{a,b}
	mount_merged
	chmod 700 merged/dir
	for op in 'chmod 600 merged/dir/a' 'truncate -s 5 merged/dir/b'; do
		stat merged/dir >/dev/null
		$op
		assert_eq "$(stat -c '%z %s' merged/dir)" "$(stat -c '%z %s' upper/dir)" "after: $op"
	done
}
on_each_backend_as 'root plain userns' 'a copy-up changes the ctime of its directory at once'

scenario() {
	echo data >lower/file
	mount_merged
	touch -d @1000 merged/file
	echo more >>merged/file
	[ "$(stat -c %Y merged/file)" != 1000 ]
	touch -d @1000 merged/file
	cat merged/file >/dev/null
	chmod 600 merged/file
	mv merged/file merged/file2
	ln merged/file2 merged/file3
	assert_eq "$(mtime merged/file3)" 1000.000000000
	exec 5>>merged/file3
	echo data >&5
	touch -d @2000 merged/file3
	exec 5>&-
	assert_eq "$(mtime merged/file3)" 2000.000000000 'set after a write, before close'
	remount
	assert_eq "$(mtime merged/file3)" 2000.000000000
}
on_each_backend_as 'root user userns' "a file's time moves with its data, and only then"

scenario() {
	mkdir -p lower/a/b
	echo data >lower/a/b/file
	touch -d @1000 lower/a/b/file lower/a/b lower/a
	mount_merged
	cp -a merged/a merged/copy
	assert_same_tree lower/a merged/copy
	tar -C merged -cf - a | tar -C merged/copy -xpf -
	assert_same_tree lower/a merged/copy/a
}
on_each_backend_as 'root plain userns' 'cp -a and tar keep times, modes and xattrs'

atimes() { # FILE...
	stat -c %X "$@" | tr '\n' ' ' | sed 's/ $//'
}

# A file, a directory and a link, last read long ago: also relatime would update them.
old_tree() { # DIR
	mkdir "$1/dir"
	echo data >"$1/file"
	echo data >"$1/dir/file"
	ln -s file "$1/link"
	touch -h -a -d @1000000000 "$1/file" "$1/dir/file" "$1/link" "$1/dir"
}

read_tree() { # DIR
	cat "$1/file" "$1/dir/file" >/dev/null
	ls "$1/dir" >/dev/null
	readlink "$1/link" >/dev/null
}

scenario() {
	old_tree lower
	mount_merged
	read_tree merged
	echo more >>merged/dir/file
	read_tree merged
	assert_eq "$(atimes lower/file lower/dir/file lower/dir)" '1000000000 1000000000 1000000000'
	# Reading a link changes no access time only in a mount clone, which only root of the host
	# may make.
	[ "$backend" = fuse ] && [ "$kind" != root ] || assert_eq "$(atimes lower/link)" 1000000000
}
on_each_backend_as 'root plain userns' 'reading changes no time of access in a lower layer'

scenario() {
	local option
	for option in noatime ro; do
		old_tree upper
		mount_merged $option
		read_tree merged
		assert_eq "$(atimes upper/file upper/dir/file upper/dir)" '1000000000 1000000000 1000000000' $option
		umount_merged
		rm -r upper
		mkdir upper
	done
}
on_each_backend_as 'root plain userns' 'a mount with noatime, and a read-only one, change none in upper either'

scenario() {
	old_tree upper
	mount_merged
	cat merged/file >/dev/null
	[ "$(stat -c %X upper/file)" -gt 1000000000 ]
	[ "$(stat -c %X merged/file)" -gt 1000000000 ]
}
on_each_backend_as 'root plain' 'reading a file of upper changes its time of access'

# Prints the names whose access time in upper changes when they are read.
read_and_tell() {
	local name said=
	declare -A before
	sleep 0.05
	for name in file dir link; do
		before[$name]=$(stat -c %x "upper/$name")
	done
	read_tree merged
	for name in file dir link; do
		[ "$(stat -c %x "upper/$name")" = "${before[$name]}" ] || said+=" $name"
	done
	echo "${said# }"
}

# Reads twice on a mount with OPTIONS, and compares the names that get another time.
assert_times_change() { # OPTIONS FIRST SECOND
	rm -rf disk/upper disk/work
	mkdir disk/upper disk/work
	old_tree upper
	mount_merged "$1"
	assert_eq "$(read_and_tell)" "$2" "the first read with '$1' on '$disk_options'"
	assert_eq "$(read_and_tell)" "$3" "the second read with '$1' on '$disk_options'"
	umount_merged
}

scenario() {
	rmdir upper work
	ln -s disk/upper upper
	ln -s disk/work work
	mkdir disk
	for disk_options in noatime relatime strictatime,nodiratime; do
		mount -t tmpfs -o "size=4m,$disk_options" disk disk
		assert_times_change '' 'file dir link' ''
		assert_times_change strictatime 'file dir link' 'file dir link'
		assert_times_change nodiratime 'file link' ''
		assert_times_change noatime '' ''
		umount disk
	done
}
on_each_backend_as 'root userns' "the mount's options say when reading changes times in upper, those of its filesystem do not"

scenario() {
	echo data >lower/file
	mkdir lower/dir
	stat -c %w lower/file | grep -q ^2 || skip 'no times of birth'
	sleep 0.05
	mount_merged
	sleep 0.05
	echo data >merged/new
	assert_eq "$(stat -c %w merged/file merged/dir merged/new)" "$(stat -c %w lower/file lower/dir upper/new)"
	echo more >>merged/file
	assert_eq "$(stat -c '%s %a' merged/file)" "$(stat -c '%s %a' upper/file)"
	remount # the kernel keeps an inode's times as long as it knows the file
	assert_eq "$(stat -c %w merged/file)" "$(stat -c %w upper/file)"
}
on_each_backend_as 'root user userns' 'the time of birth is that of the topmost file'
