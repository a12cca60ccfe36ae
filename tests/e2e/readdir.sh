#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Listings of directories.
. "${0%/*}/lib.sh"

scenario() {
	mkdir -p lower/d lower2/d lower3/d
	touch lower/d/{a,b} lower2/d/{b,c} lower3/d/{c,d,e}
	mknod lower2/d/e c 0 0
	lowers=lower:lower2:lower3
	mount_merged
	touch merged/d/f
	rm merged/d/c
	assert_names merged/d 'a b d f'
	remount
	assert_names merged/d 'a b d f'
}
on_each_backend_as 'root plain userns' 'a merged directory lists each name once, and no whiteout'

scenario() {
	local wanted
	mkdir lower/d upper/d
	(cd lower/d && seq 1 2000 | xargs touch)
	(cd upper/d && seq 1001 3000 | xargs touch)
	mount_merged
	wanted=$(seq 1 3000 | LC_ALL=C sort)
	assert_eq "$(find merged/d -type f -printf '%f\n' | LC_ALL=C sort)" "$wanted"
	find merged/d -name '*7' -delete
	wanted=$(seq 1 3000 | grep -v '7$' | LC_ALL=C sort)
	assert_eq "$(find merged/d -type f -printf '%f\n' | LC_ALL=C sort)" "$wanted"
	rm -rf merged/d
	assert_whiteout upper/d
}
on_each_backend_as 'root plain userns' 'thousands of names are listed, and deleted'

scenario() {
	local got
	mkdir lower/d
	(cd lower/d && seq 1 1000 | xargs touch)
	mount_merged
	# find keeps the directory open while names are removed and others are made.
	got=$(find merged/d -type f -printf '%f\n' -delete -exec touch merged/new-{} \; 2>/dev/null |
		sort -n | uniq -d | head)
	assert_eq "$got" '' 'listed twice'
	got=$(find merged/d -type f -printf '%f\n' | wc -l)
	[ "$got" = 0 ] || rm merged/d/*
	assert_names merged/d ''
	rmdir merged/d
}
on_each_backend_as 'root userns' 'names that are there from first to last are listed exactly once while others change'

# Reads DIR in pieces of some hundred names, and goes back to the offset of every 997th name. Prints the number
# of names.
read_by_offsets() { # DIR
	python3 - "$1" <<-'END'
	import ctypes, os, struct, sys
	libc = ctypes.CDLL(None, use_errno=True)
	fd = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)
	buffer = ctypes.create_string_buffer(3000)
	def piece():
	    size = libc.getdents64(fd, buffer, 3000)
	    assert size >= 0, os.strerror(ctypes.get_errno())
	    at = 0
	    while at < size:
	        ino, offset, length, kind = struct.unpack_from('=QqHB', buffer.raw, at)
	        yield buffer.raw[at + 19:at + length].split(b'\0')[0], offset
	        at += length
	entries = []
	while more := list(piece()):
	    entries += more
	names = [name for name, offset in entries]
	offsets = [offset for name, offset in entries]
	assert len(set(names)) == len(names), 'a name is listed twice'
	assert len(set(offsets)) == len(offsets), 'two names have one offset'
	assert max(offsets) < 2 ** 31, 'an offset is more than a 32-bit program can have'
	for i in range(0, len(entries) - 1, 997):
	    os.lseek(fd, offsets[i], os.SEEK_SET)
	    assert next(piece())[0] == names[i + 1], 'another name follows this offset'
	print(len(names) - 2)
	END
}

scenario() {
	command -v python3 >/dev/null || skip 'no python3'
	mkdir lower/d upper/d
	(cd lower/d && seq 1 100000 | xargs touch)
	touch upper/d/{a..z}
	mount_merged
	assert_eq "$(read_by_offsets merged/d)" 100026
	rm merged/d/1??
	assert_eq "$(read_by_offsets merged/d)" 99926
}
on_each_backend_as 'root plain' 'each of 100,000 names has an offset of its own that fits into 31 bits'

figure() { # NAME -- of the mount's statistics
	"$SHALE" stats "$PWD/merged" | awk -v name="$1" '$1 == name { print $2 }'
}

listed_numbers() { # DIR
	(cd "$1" && ls -1iU | awk '{ print $2, $1 }' | LC_ALL=C sort)
}

true_numbers() { # DIR
	(cd "$1" && find . -mindepth 1 -maxdepth 1 -exec stat -c '%n %i' {} + | sed 's,^\./,,' | LC_ALL=C sort)
}

# Makes a lower directory with so many names that attributes are not sent with all of them.
make_long_directory() {
	mkdir lower/d
	(cd lower/d && seq 1 12000 | xargs touch && mkdir directory-{1..200} && ln -s 1 link && mkfifo fifo)
	ln lower/d/1 lower/d/hard
}

scenario() {
	local again
	make_long_directory
	mount_merged
	for again in at-first remounted; do
		listed_numbers merged/d >listed
		assert_eq "$(wc -l <listed)" 12203 "$again"
		true_numbers merged/d | diff listed -
		remount
	done
	echo more >>merged/d/hard
	echo more >>merged/d/2
	mv merged/d/3 merged/d/three
	listed_numbers merged/d >listed
	true_numbers merged/d | diff listed -
	assert_eq "$(find merged/d -type l -o -type p | wc -l)" 2
	assert_eq "$(find merged/d -mindepth 1 -type d | wc -l)" 200
}
on_each_backend_as 'root plain userns' 'a long directory lists the numbers and types that stat shows'

scenario() {
	make_long_directory
	mount_merged
	ls -f merged/d >names
	[ "$(figure nodes)" -lt 10000 ]
	[ "$(stat -c %s merged/d/{1..12000} | grep -cx 0)" = 12000 ]
	remount
	# ls(1) looks at each name before it reads on.
	assert_eq "$(ls -l merged/d | grep -c root)" 12203
	[ "$(figure request_LOOKUP)" -lt 1000 ]
}
only_backend=fuse on_each_backend_as root 'names far back in a long directory bring attributes only to whoever looks at them'

scenario() {
	local i
	mkdir -p lower/tree
	for i in $(seq 20); do
		mkdir -p "lower/tree/$i/x/y/z"
		touch "lower/tree/$i/"{1..20} "lower/tree/$i/x/y/"{1..5}
	done
	mount_merged
	touch merged/tree/{1..20}/new merged/tree/{1..20}/x/y/z/new
	rm -rf merged/tree/{1..20}/x
	cp -a merged/tree merged/copy
	rm -rf merged/tree merged/copy
	assert_names merged ''
	assert_whiteout upper/tree
	assert_names upper tree
}
on_each_backend_as 'root plain userns' 'rm -rf of a big tree, half of it copied up, leaves one whiteout'

scenario() {
	mkdir lower/dir
	touch lower/dir/{a,b}
	mount_merged
	assert_eq "$(ops merged <<-'END'
		open slot=1 path=dir flags=0x10000
		unlink path=dir/a
		unlink path=dir/b
		rmdir path=dir
		readdir base=2
		mkdir base=2 path=new mode=0755
		fstat slot=1
		close slot=1
	END
	)" "$(printf 'ok\nok\nok\nok\nok\nENOENT\n'
		echo "ok d mode=0755 owner=$(stat -c %u:%g lower/dir) mtime=now")
ok" 'of an open directory that is gone'
}
on_each_backend_as 'root plain userns' 'a deleted directory that is still open is empty, and nothing can be made in it'

scenario() {
	mkdir lower/dir
	touch lower/dir/file
	mkfifo lower/dir/fifo
	ln -s x lower/dir/link
	mkdir lower/dir/sub
	mount_merged
	touch merged/dir/up
	assert_eq "$(find merged/dir -mindepth 1 -printf '%y %f\n' | sort | tr '\n' ' ')" \
		'd sub f file f up l link p fifo '
	assert_op merged 'readdir path=dir' 'ok . .. fifo:p file:f link:l sub:d up:f'
}
on_each_backend_as 'root plain userns' 'd_type is right'
