#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Files that are deleted or replaced while they are open.
. "${0%/*}/lib.sh"

scenario() {
	echo low >lower/low
	mount_merged
	echo up >merged/up
	exec 5<>merged/up 6<merged/low
	rm merged/up merged/low
	assert_eq "$(cat <&6)" low
	echo more >&5
	assert_eq "$(stat -L -c '%s %F' /proc/self/fd/5)" '5 regular file'
	truncate -s 2 /proc/self/fd/5
	assert_eq "$(cat /proc/self/fd/5)" mo
	chmod 600 /proc/self/fd/5
	assert_eq "$(stat -L -c %a /proc/self/fd/5)" 600
	assert_names merged ''
	echo again >merged/up
	assert_eq "$(cat /proc/self/fd/5)" mo
	assert_content merged/up again
	exec 5>&- 6<&-
	assert_content merged/up again
}
on_each_backend_as 'root plain userns' 'a deleted file that is still open can be read, written, truncated, changed'

scenario() {
	mount_merged
	mkdir plain
	cat >operations <<-'END'
		open slot=1 path=file flags=0x42 mode=0600 seed=1
		link path=file path2=second
		unlink path=file
		fstat slot=1
		unlink path=second
		fstat slot=1
		ftruncate slot=1 length=100
		pwrite slot=1 offset=50 length=10 seed=2
		pread slot=1 length=200
		fchmod slot=1 mode=0640
		fsetxattr slot=1 name=user.one value=61
		fgetxattr slot=1 name=user.one
		fsync slot=1
		fstat slot=1
		close slot=1
	END
	ops merged <operations >seen
	ops plain <operations >wanted
	diff wanted seen
	assert_eq "$(grep -c '^ok' seen)" 15
}
on_each_backend_as 'root plain userns' 'every call on a descriptor works after the last name is gone'

scenario() {
	echo one >lower/one
	echo two >lower/two
	mount_merged
	exec 5<merged/two
	mv merged/one merged/two
	assert_eq "$(cat <&5)" two
	assert_content merged/two one
	exec 5<&-
	exec 5>>merged/two
	mv merged/two merged/three
	echo appended >&5
	exec 5>&-
	assert_content merged/three "$(printf 'one\nappended')"
	remount
	assert_content merged/three "$(printf 'one\nappended')"
}
on_each_backend_as 'root plain userns' 'an open file that is renamed over, or renamed, stays the same file'

scenario() {
	echo old >lower/file
	mount_merged
	exec 5>>merged/file
	echo first >&5
	chmod 640 merged/file
	echo second >&5
	rm merged/file
	echo third >&5
	assert_eq "$(cat /proc/self/fd/5)" "$(printf 'old\nfirst\nsecond\nthird')"
	exec 5>&-
	assert_whiteout upper/file
	assert_absent merged/file
}
on_each_backend_as 'root plain userns' 'an open file can be written during copy-up and after deletion'
