#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Files whose data lie beyond 2, 4 and 8 GiB, and sparse ones of 8 TiB: no offset is cut on its way, and
# nothing ever reads a hole. Each case may take a minute at the most.
SHALE_TEST_SECONDS=60
. "${0%/*}/lib.sh"

two=2147484882 four=4400000000 eight=8589934700 end=8796093022205 size=8796093022208

put() { # FILE OFFSET TEXT
	printf '%s' "$3" | dd of="$1" bs="${#3}" seek="$2" oflag=seek_bytes conv=notrunc status=none
}

text_at() { # FILE OFFSET LENGTH
	dd if="$1" bs="$3" count=1 skip="$2" iflag=skip_bytes status=none
}

large_file() { # FILE
	truncate -s $size "$1"
	put "$1" $two two
	put "$1" $four four
	put "$1" $eight eight
	put "$1" $end end
	touch -d @1000000000 "$1"
}

assert_large() { # FILE
	assert_eq "$(stat -c %s "$1")" $size "size of $1"
	assert_eq "$(text_at "$1" $two 3)$(text_at "$1" $four 4)$(text_at "$1" $eight 5)" twofoureight
	assert_eq "$(text_at "$1" $end 3)" end
	[ "$(stat -c %b "$1")" -lt 20000 ] || assert_eq "$(stat -c %b "$1")" 'few blocks' "of $1"
}

# The offsets of the data in it, in blocks of 4096.
data_in() { # FILE
	perl -e 'open(F, "<", $ARGV[0]) or die; my $at = 0;
		while (defined($at = sysseek(F, $at, 3))) {
			printf "%d ", $at / 4096;
			$at = sysseek(F, $at, 4) // last }' "$1"
}

data_blocks="$((two / 4096)) $((four / 4096)) $((eight / 4096)) $((end / 4096)) "

scenario() {
	large_file lower/file
	mount_merged
	assert_large merged/file
	assert_eq "$(data_in merged/file)" "$data_blocks"
	put merged/file $four FOUR
	assert_eq "$(text_at merged/file $four 4)" FOUR
	put merged/file $four four
	assert_large merged/file
	assert_large upper/file
	assert_eq "$(data_in merged/file)" "$data_blocks"
	remount
	assert_large merged/file
}
on_each_backend_as 'root user userns' 'a large file is read, searched for data, copied up and written'

scenario() {
	mount_merged
	large_file merged/file
	assert_large upper/file
	fallocate -o 6442450944 -l 4096 merged/file
	put merged/file 6442450944 six
	assert_eq "$(text_at upper/file 6442450944 3)" six
	fallocate -p -o 6442450944 -l 4096 merged/file
	assert_eq "$(data_in merged/file)" "$data_blocks"
	assert_large merged/file
	cp merged/file merged/copy
	assert_large upper/copy
	truncate -s $((four + 4)) merged/file
	assert_eq "$(data_in upper/file)" "$((two / 4096)) $((four / 4096)) "
	echo 'open slot=1 path=file flags=0x2
		open slot=2 path=other flags=0x42 mode=0600
		copy_range slot=1 slot2=2 offset=4399996928 offset2=8796093014016 length=3076' >calls
	ops merged <calls >seen
	assert_eq "$(tail -n 1 seen)" 'ok 3076'
	assert_eq "$(text_at upper/other $((8796093014016 + four - 4399996928)) 4)" four
}
on_each_backend_as 'root user userns' 'a large file is made, punched, cut and copied from'

# The file of a report: what was cut here was a negative number, and an end that never came.
scenario() {
	shale create base >/dev/null
	shale create --rw --parent base rw >/dev/null
	truncate -s 5G home/rw/diff/vm.img
	put home/rw/diff/vm.img $four hi
	shale commit rw new >/dev/null
	shale check
	put home/new/diff/vm.img $four ho
	assert_eq "$(shale check | grep -c 'vm.img')" 1
}
once_as 'root userns' 'a sparse file is committed and checked'
