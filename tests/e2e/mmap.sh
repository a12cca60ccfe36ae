#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Files that are mapped into memory.
. "${0%/*}/lib.sh"

work='
	open slot=1 path=file flags=0x2 seed=3
	mmap slot=1 offset=4000 length=5000 seed=11
	pread slot=1 offset=3000 length=8000
	pwrite slot=1 offset=4096 length=4096 seed=12
	mmap slot=1 offset=50000 length=1 seed=13
	ftruncate slot=1 length=60000
	ftruncate slot=1 length=70000
	pread slot=1 offset=59000 length=4000
	fsync slot=1
	close slot=1'

scenario() {
	"$DIFFERENTIAL" file lower/file 7 0 100000
	mkdir plain
	cp lower/file plain/file
	mount_merged
	grep . <<<"$work" | ops plain >wanted
	grep . <<<"$work" | ops merged >seen
	assert_eq "$(wc -l <wanted)" 10
	diff wanted seen
	cmp plain/file merged/file
	umount_merged
	cmp plain/file upper/file
}
on_each_backend_as 'root plain userns' 'stores through a mapping and writes see each other, and reach upper'

scenario() {
	cp "$(type -P true)" lower/program
	cp "$(type -P bash)" lower/shell
	mount_merged
	chmod 755 merged/program merged/shell
	merged/program
	assert_eq "$(merged/shell -c 'echo runs')" runs
	cp merged/shell merged/copy
	assert_eq "$(merged/copy -c 'echo runs')" runs
	merged/copy -c 'sleep 1; :' &
	sleep 0.3
	assert_fails 'Text file busy' bash -c 'echo >>merged/copy'
	wait
	# The upper file is not kept open for writing, so that processes outside the mount can
	# execute it.
	upper/copy -c :
	upper/shell -c :
}
on_each_backend_as 'root plain userns' 'programs run from lower and from upper, and are busy while they run'

scenario() {
	printf 0123456789 >lower/file
	mount_merged
	chmod 6755 merged/file
	ops merged <<-'END' >seen
		open slot=1 path=file flags=0x2 seed=1
		chmod path=file mode=06755
		mmap slot=1 length=5 seed=2
		fsync slot=1
	END
	assert_eq "$(grep -c '^ok' seen)" 4
	assert_eq "$(stat -c %a merged/file)" 6755
	umount_merged
	assert_eq "$(stat -c %a upper/file)" 6755
}
on_each_backend_as 'root plain userns' 'setuid stays over what is stored through a mapping'

scenario() {
	printf 0123456789 >lower/file
	mount_merged
	ops merged <<-'END' >seen
		open slot=1 path=file flags=0x2 seed=1
		setxattr path=file name=security.capability value=0100000200200000000000000000000000000000
		mmap slot=1 length=5 seed=2
		fsync slot=1
	END
	assert_eq "$(grep -c '^ok' seen)" 4
	umount_merged
	[ -n "$(getfattr -d -m security.capability upper/file)" ]
}
on_each_backend 'capabilities stay over what is stored through a mapping'
