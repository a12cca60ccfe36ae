#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Files with data beyond 2, 4 and 8 GiB, and sparse files of 8 TiB. No offset is cut off, and holes are
# never read. Each case may take a minute.
SHALE_TEST_SECONDS=60
. "${0%/*}/lib.sh"

two=2147484882 four=4400000000 eight=8589934700 end=8796093022205 size=8796093022208
umlaut=$'h\303\266hle'

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

# Prints the offsets of the file's data, in blocks of 4096.
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
on_each_backend_as 'root plain userns' 'a large file is read, searched for data, copied up and written'

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
on_each_backend_as 'root plain userns' 'a large file is made, punched, cut and copied from'

scenario() {
	shale create base >/dev/null
	shale create --rw --parent base rw >/dev/null
	truncate -s 9223372036854775807 home/rw/diff/{a,b}
	assert_eq "$(shale size rw)" 18446744073709551614
	truncate -s 9223372036854775807 home/rw/diff/c
	assert_clear_error 'too large' shale size rw
	shale create copy >/dev/null
	shale diff rw >x.tar
	assert_clear_error 'larger than the limit' shale apply copy x.tar
}
once_as 'root user' 'no sum of sizes overflows'

# A file from a bug report about another program: a file offset was cut to 32 bits and became
# negative, and the command never ended.
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
once_as 'root user userns' 'a sparse file is committed and checked'

# Makes an 8 TiB file between two small ones, in a layer of its own.
large_tree() { # DIR
	mkdir -p "$1/dir"
	large_file "$1/dir/vm.img"
	truncate -s 300M "$1/dir/$umlaut"
	truncate -s 300M "$1/dir/$(printf '%0200d' 1)"
	truncate -s 40M "$1/dense"
	echo last >"$1/last"
	touch -d @1000000000 "$1/dir"/* "$1"/* "$1"
}

assert_large_tree() { # DIR
	assert_large "$1/dir/vm.img"
	assert_eq "$(stat -c %s "$1/dir/$umlaut" "$1/dir/$(printf '%0200d' 1)" "$1/dense" | tr '\n' ' ')" \
		'314572800 314572800 41943040 '
	assert_content "$1/last" last
}

scenario() {
	large_tree tree
	shale create base >/dev/null
	shale create --rw --parent base rw >/dev/null
	path=$(shale get rw)
	cp -a --sparse=always tree/. "$path"
	assert_large_tree "$path"
	shale put rw
	assert_eq "$(shale size rw)" $((size + 671088640 + 5))
	assert_eq "$(shale changes rw | wc -l)" 6
	shale diff rw >rw.tar
	[ "$(stat -c %s rw.tar)" -lt 43000000 ]
	shale create copy >/dev/null
	shale apply copy rw.tar >/dev/null
	assert_large_tree home/copy/diff
	shale commit rw committed >/dev/null
	assert_large_tree home/committed/diff
	shale diff copy | cmp - rw.tar
	shale diff committed | cmp - rw.tar
	shale check
	# Writing copies the file up, with its holes.
	shale create --rw --parent committed above >/dev/null
	path=$(shale get above)
	put "$path/dir/vm.img" $four FOUR
	shale put above
	assert_eq "$(shale changes above)" "$(printf 'C /dir\nC /dir/vm.img')"
	shale diff above >above.tar
	[ "$(stat -c %s above.tar)" -lt 4000000 ]
	assert_eq "$(text_at home/above/diff/dir/vm.img $four 4)" FOUR
	assert_eq "$(text_at home/above/diff/dir/vm.img $end 3)" end
}
on_each_backend_as 'root userns' 'diff, apply, changes, size, commit and check of large files'

scenario() {
	large_tree tree
	shale create base >/dev/null
	shale create --rw --parent base rw >/dev/null
	cp -a --sparse=always tree/. home/rw/diff
	shale commit rw top >/dev/null
	shale export top oci-archive:image.tar >/dev/null
	mkdir other
	shale_in "$PWD/other" import oci-archive:image.tar name >imported
	assert_large_tree "other/home/$(cat imported)/diff"
	shale_in "$PWD/other" check
}
once_as 'root user userns' 'an image with large files is exported and imported'

# GNU tar, bsdtar and Python read shale's tar, and shale reads theirs.
scenario() {
	large_tree tree
	shale create base >/dev/null
	shale create --rw --parent base rw >/dev/null
	cp -a --sparse=always tree/. home/rw/diff
	shale diff rw >rw.tar
	for tool in tar bsdtar; do
		command -v $tool >/dev/null || skip "no $tool"
		mkdir $tool
		LC_ALL=C.UTF-8 $tool -C $tool -xf rw.tar
		assert_large_tree $tool
	done
	for form in 'tar --format=oldgnu' 'tar --format=gnu' 'tar --format=pax --sparse-version=0.0' \
		'tar --format=pax --sparse-version=0.1' 'tar --format=pax --sparse-version=1.0' \
		'bsdtar --format=pax'; do
		sparse=-S
		[ "${form%% *}" = tar ] || sparse=--read-sparse
		$form $sparse -C tree -cf other.tar .
		shale create layer >/dev/null
		shale apply layer other.tar >/dev/null
		assert_large_tree home/layer/diff
		shale check
		shale diff layer | cmp - other.tar
		shale rm layer
	done
}
once_as 'root user' 'sparse files go to other tools, and come from them in every form'
