#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Metacopies: files that were copied up without their data.
. "${0%/*}/lib.sh"

blocks() { # FILE
	stat -c %b "$1"
}

lower_file() { # NAME
	head -c 300000 /dev/urandom >"lower/$1"
	touch -d @1000000000 "lower/$1"
}

assert_metacopy() { # FILE
	getfattr -h -n "$overlay_xattr.metacopy" "$1" >/dev/null
	[ "$(blocks "$1")" -le 8 ]
}

assert_no_metacopy() { # FILE
	assert_fails 'No such attribute' getfattr -h -n "$overlay_xattr.metacopy" "$1"
}

scenario() {
	lower_file file
	mount_merged metacopy=on
	chown 1000:1000 merged/file
	assert_metacopy upper/file
	cmp merged/file lower/file
	assert_eq "$(stat -c '%u %s %b' merged/file)" "1000 300000 $(blocks lower/file)" stat
	remount metacopy=on
	cmp merged/file lower/file
	chmod 4755 merged/file
	setfattr -n user.note -v x merged/file
	assert_metacopy upper/file
	swap_backend_with metacopy=on
	cmp merged/file lower/file
	assert_eq "$(stat -c '%u %a' merged/file)" '1000 4755' stat
	assert_eq "$(xattr user.note merged/file)" x xattr
}
swap_backend_with() { # OPTIONS
	umount_merged
	if [ "$backend" = kernel ]; then
		backend=fuse
	else
		backend=kernel
	fi
	mount_merged "$@"
}
on_each_backend 'chown, chmod and setfattr copy no data, and both backends read what is below'

scenario() {
	lower_file file
	cp lower/file wanted
	mount_merged metacopy=on
	exec 3<merged/file
	chown 1000 merged/file
	setcap cap_net_raw+ep merged/file
	assert_metacopy upper/file
	printf tail >>merged/file
	printf tail >>wanted
	cmp merged/file wanted
	cmp upper/file wanted
	assert_no_metacopy upper/file
	exec 3<&-
	remount metacopy=on
	cmp merged/file wanted
	remount
	cmp merged/file wanted
	assert_eq "$(stat -c %u merged/file)" 1000 owner
}
on_each_backend 'the first write copies the data up'

scenario() {
	lower_file file
	head -c 1000 lower/file >wanted
	mount_merged metacopy=on
	chmod 600 merged/file
	assert_metacopy upper/file
	truncate -s 1000 merged/file
	assert_no_metacopy upper/file
	cmp merged/file wanted
	lower_file other
	chmod 600 merged/other
	: >merged/other
	assert_eq "$(stat -c %s merged/other upper/other)" $'0\n0' size
	assert_no_metacopy upper/other
}
on_each_backend_as 'root user' 'a metacopy that is cut keeps what is left'

scenario() {
	mkdir lower/dir lower/elsewhere
	lower_file dir/file
	mount_merged metacopy=on
	chown 1000 merged/dir/file
	mv merged/dir/file merged/dir/renamed
	assert_eq "$(xattr "$overlay_xattr.redirect" upper/dir/renamed)" file 'redirect within a directory'
	cmp merged/dir/renamed lower/dir/file
	mv merged/dir/renamed merged/elsewhere/moved
	assert_eq "$(xattr "$overlay_xattr.redirect" upper/elsewhere/moved)" /dir/file 'redirect to another'
	ln merged/elsewhere/moved merged/link
	mv merged/dir merged/gone
	cmp merged/link lower/dir/file
	remount metacopy=on
	cmp merged/elsewhere/moved lower/dir/file
	cmp merged/link lower/dir/file
	swap_backend_with metacopy=on
	cmp merged/elsewhere/moved lower/dir/file
	cmp merged/link lower/dir/file
	echo new >>merged/link
	cmp merged/link merged/elsewhere/moved
}
on_each_backend 'a metacopy that is renamed and linked finds its data'

scenario() {
	lower_file file
	mount_merged metacopy=on
	chown 1000 merged/file
	umount_merged
	mv upper mid
	mkdir upper
	lowers=mid:lower
	mount_merged metacopy=on
	cmp merged/file lower/file
	chmod 600 merged/file
	assert_metacopy upper/file
	remount metacopy=on
	cmp merged/file lower/file
	assert_eq "$(stat -c '%u %a' merged/file)" '1000 600' stat
	printf x >>merged/file
	assert_eq "$(stat -c %s upper/file)" 300001 size
	cmp -n 300000 upper/file lower/file
}
on_each_backend 'a metacopy of a metacopy'

# The data are missing. The mount must never show zeros instead.
scenario() {
	lower_file file
	mount_merged metacopy=on
	chown 1000 merged/file
	remount
	assert_fails 'Operation not permitted' cat merged/file
	umount_merged
	rm lower/file
	mount_merged metacopy=on
	assert_fails 'Input/output error' cat merged/file
}
on_each_backend 'a metacopy that is not followed, or has lost its data, is an error'

scenario() {
	mkdir data meta
	head -c 300000 /dev/urandom >data/blob
	truncate -s 300000 meta/file
	setfattr -n "$overlay_xattr.metacopy" meta/file
	setfattr -n "$overlay_xattr.redirect" -v /blob meta/file
	lowers=meta::data
	mount_merged
	assert_names merged file
	cmp merged/file data/blob
	chmod 600 merged/file
	printf x >>merged/file
	cmp -n 300000 upper/file data/blob
	rm upper/file data/blob
	remount
	assert_names merged file
	assert_fails 'No such file' cat merged/file
}
on_each_backend_as 'root plain' 'a data-only layer is searched for data alone'

scenario() {
	lower_file file
	mount_merged metacopy=on
	chmod 600 merged/file
	assert_metacopy upper/file
	cmp merged/file lower/file
	printf x >>merged/file
	cmp -n 300000 merged/file lower/file
	assert_no_metacopy upper/file
}
only_backend=fuse on_each_backend_as 'user userns' 'a user may ask for metacopies'
