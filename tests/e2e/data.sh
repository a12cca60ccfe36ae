#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Calls on data beyond read and write.
. "${0%/*}/lib.sh"

work='
	open slot=1 path=file flags=0x2 seed=3
	fallocate slot=1 offset=0 length=200000
	fallocate slot=1 flags=0x3 offset=8192 length=30000
	pread slot=1 offset=4096 length=30000
	fallocate slot=1 flags=0x1 offset=300000 length=4096
	fstat slot=1
	seek slot=1 flags=0x3 offset=9000
	seek slot=1 flags=0x4 offset=100
	open slot=2 path=other flags=0x42 mode=0600 seed=5
	copy_range slot=1 slot2=2 offset=100 offset2=50 length=30000
	pread slot=2 length=40000
	copy_range slot=1 slot2=2 offset=900000 length=30000
	fsync slot=2 flags=0x1
	close slot=1
	close slot=2'

scenario() {
	"$DIFFERENTIAL" file lower/file 7 0 100000
	mkdir plain
	cp lower/file plain/file
	mount_merged
	chmod 600 merged/file plain/file
	grep . <<<"$work" | ops plain >wanted
	grep . <<<"$work" | ops merged >seen
	[ "$(grep -c ^ok seen)" -ge 15 ]
	diff wanted seen
	cmp plain/file upper/file
	cmp plain/other upper/other
}
on_each_backend_as 'root plain userns' 'fallocate, holes, seeking for data, copy_file_range'

scenario() {
	echo data >lower/file
	mount_merged
	exec 5<>merged/file
	flock -x 5
	assert_eq "$(flock -n -x merged/file echo got || echo busy)" busy
	flock -u 5
	assert_eq "$(flock -n -x merged/file echo got || echo busy)" got
	exec 5>&-
	perl -MFcntl=:DEFAULT,:seek -e '
		open(F, "+<", "merged/file"); my $l = pack("s s l! l! i", F_WRLCK, SEEK_SET, 0, 0, 0);
		fcntl(F, F_SETLK, $l) or die "lock: $!";
		if (!fork) { open(G, "+<", "merged/file"); exit(fcntl(G, F_SETLK, $l) ? 1 : 0) }
		wait; exit($? >> 8)'
}
on_each_backend_as 'root plain userns' 'locks of both kinds shut others out'

scenario() {
	head -c 500000 /dev/urandom >lower/file
	cp lower/file plain
	mount_merged
	dd if=merged/file of=got bs=4096 iflag=direct status=none
	cmp got plain
	head -c 8192 /dev/zero >zeros
	dd if=zeros of=merged/file bs=4096 seek=3 oflag=direct conv=notrunc status=none
	dd if=zeros of=plain bs=4096 seek=3 conv=notrunc status=none
	cmp plain merged/file
}
on_each_backend_as 'root plain userns' 'O_DIRECT and the page cache agree'

scenario() {
	mount_merged
	(
		trap '' XFSZ
		ulimit -f 8
		dd if=/dev/zero of=merged/file bs=1024 count=20 status=none || echo "status $?"
	) >said 2>&1
	grep -q 'File too large' said
	assert_eq "$(stat -c %s merged/file)" 8192
}
on_each_backend_as 'root plain userns' 'a limit of the file size holds'

scenario() {
	mount_merged
	assert_eq "$(stat -f -c %S merged)" "$(stat -f -c %S upper)"
	assert_eq "$(stat -f -c '%b %c' merged)" "$(stat -f -c '%b %c' upper)"
	assert_eq "$(stat -f -c %l merged)" 255
}
on_each_backend_as 'root plain userns' 'statfs reports the filesystem of upper'
