#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Truncation, and writing in the middle.
. "${0%/*}/lib.sh"

scenario() {
	printf 0123456789 >lower/file
	touch -d @1000000001 lower/file
	mount_merged
	: >merged/file
	assert_eq "$(stat -c %s merged/file upper/file | tr '\n' ' ')" '0 0 '
	assert_content merged/file ''
	remount
	assert_eq "$(stat -c %s merged/file)" 0
	assert_content lower/file 0123456789
}
on_each_backend_as 'root plain userns' 'O_TRUNC on a lower file leaves an empty one in upper'

scenario() {
	printf 0123456789 >lower/shorter
	printf 0123456789 >lower/longer
	mount_merged
	truncate -s 4 merged/shorter
	truncate -s 20 merged/longer
	assert_content merged/shorter 0123
	assert_eq "$(od -An -c merged/longer | tr -d ' \n')" '0123456789\0\0\0\0\0\0\0\0\0\0'
	remount
	assert_content merged/shorter 0123
	assert_eq "$(stat -c %s upper/longer)" 20
}
on_each_backend_as 'root plain userns' 'truncate makes lower files shorter and longer'

scenario() {
	printf 0123456789 >lower/file
	mount_merged
	cat merged/file >/dev/null
	printf xyz | dd of=merged/file bs=1 seek=3 conv=notrunc status=none
	assert_content merged/file 012xyz6789
	truncate -s 5 merged/file
	truncate -s 8 merged/file
	assert_eq "$(od -An -c merged/file | tr -d ' \n')" '012xy\0\0\0'
	cmp merged/file upper/file
}
on_each_backend_as 'root plain userns' 'cached pages of a lower file do not come back after copy-up'

scenario() {
	printf 'one\n' >lower/file
	mount_merged
	(for i in $(seq 100); do echo a >>merged/file; done) &
	(for i in $(seq 100); do echo b >>merged/file; done) &
	wait
	assert_eq "$(wc -l <merged/file)" 201
	assert_eq "$(grep -c a merged/file) $(grep -c b merged/file)" '100 100'
}
on_each_backend_as 'root plain userns' 'two processes that append lose nothing'

scenario() {
	: >lower/empty
	echo >lower/file
	touch -d @1000000001 lower/empty lower/file
	mount_merged
	for file in empty file; do
		: >merged/$file
		[ "$(stat -c %Y merged/$file)" -gt 1000000001 ]
		touch -d @1000000001 merged/$file
		truncate -s 0 merged/$file
		[ "$(stat -c %Y merged/$file)" -gt 1000000001 ]
	done
	perl -e 'truncate($_, 7) or die for @ARGV' merged/empty
	touch -d @1000000001 merged/empty
	perl -e 'truncate($_, 7) or die for @ARGV' merged/empty
	assert_eq "$(stat -c %Y merged/empty)" 1000000001
}
on_each_backend_as 'root plain userns' 'truncation changes times, but truncate(2) to the same size does not'
