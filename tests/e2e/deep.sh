#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Very deep trees: their paths are too long for a system call, and descriptors are few.
. "${0%/*}/lib.sh"

nest() { # DIR LEVELS: directories called d, one inside the other, each with a file
	perl -e 'chdir shift or die; for (1 .. shift) { mkdir "d" or die; open F, ">", "e" or die;
		print F "x" or die; close F; chdir "d" or die }' "$1" "$2"
}

scenario() {
	shale create --rw deep >/dev/null
	nest home/deep/diff 5000
	ulimit -n 64
	assert_eq "$(shale size deep)" 5000
	assert_eq "$(shale changes deep | wc -l)" 10000
	shale diff deep >deep.tar
	shale create again >/dev/null
	assert_eq "$(shale apply again deep.tar)" 5000
	shale diff again | cmp - deep.tar
	assert_eq "$(shale commit deep frozen)" frozen
	shale diff frozen | cmp - deep.tar
	assert_eq "$(shale check)" ''
	[ "$(shale du | awk '$4 == "again" { print $2 }')" -gt 10000 ]
	shale create --parent again next >/dev/null
	shale diff deep | shale apply next >/dev/null
	assert_eq "$(shale changes next)" '' 'the same files again'
	shale rm next deep again frozen
	assert_no_rubbish
}
once_as 'root userns' 'a layer of 5,000 levels goes through every command'

scenario() {
	local lost
	shale create --rw deep >/dev/null
	nest home/deep/diff 3000
	shale commit deep frozen >/dev/null
	lost=$(perl -e 'chdir "home/frozen/diff" or die; for (1 .. 2500) { chdir "d" or die }
		unlink "e" or die; print "d/" x 2500')
	shale check >said && false
	assert_eq "$(grep -c "'/${lost}e' is lost" said)" 1
}
once_as root 'check names a file that is lost deep in a layer'

scenario() {
	mkdir tree
	nest tree 3000
	layer_of below '' tree
	shale create --rw --parent below over >/dev/null
	# The tar has an entry for a file, but for no directory above it.
	perl -e '$path = "d/" x 2999 . "e"; $n = length " path=$path\n"; $n += length $n + 4;
		sub head { $h = pack "a100a8a8a8a12a12a8a1a100a6a2a247", @_;
			substr $h, 148, 8, sprintf "%06o\0 ", unpack "%32C*", $h; print $h }
		@rest = ("0000644", "0000000", "0000000");
		@last = ("", "ustar", "00", ""); @time = ("00000000000", " " x 8);
		head("x", @rest, sprintf("%011o", $n), @time, "x", @last);
		print "$n path=$path\n", "\0" x (-$n % 512);
		head("x", @rest, "00000000003", @time, "0", @last); print "new", "\0" x (509 + 1024)' >one.tar
	ulimit -n 64
	shale apply over one.tar >/dev/null
	assert_eq "$(shale changes over | wc -l)" 3000
	assert_eq "$(shale changes over | tail -n 1 | cut -c1)" C
	shale rm over below
}
once_as root 'missing parents of a path of 3,000 names are made like those of the layer below'
