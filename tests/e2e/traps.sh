#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Bugs of other merge filesystems for which no other file has a test.
. "${0%/*}/lib.sh"

atime() { # FILE
	stat -c %X "$1"
}

scenario() {
	echo data >upper/file
	echo data >lower/low
	touch -m -d @1000000000 upper/file lower/low
	touch -a -d @900000000 upper/file lower/low
	mount_merged
	cat merged/file merged/low >read
	[ "$(atime merged/file)" -gt 1000000000 ]
	touch -a -d @1100000000 merged/file merged/low
	assert_eq "$(atime merged/file) $(atime merged/low)" '1100000000 1100000000'
	remount
	assert_eq "$(atime merged/low)" 1100000000
}
on_each_backend_as 'root userns' 'the access time of a file in upper moves when it is read, and when it is set'

scenario() {
	mkdir -p lower/dir/sub upper/own
	touch lower/dir/old upper/own/f
	mount_merged
	rm -r merged/dir merged/own
	mkdir merged/dir merged/own
	assert_names merged/dir ''
	remount
	assert_names merged/dir ''
	assert_names upper/dir ''
	assert_names upper/own ''
}
on_each_backend_as 'root userns' 'a directory made anew leaves no file of marks in upper'
