#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# index=on: hard links of lower files stay links when they are copied up.
. "${0%/*}/lib.sh"

linked_lower() {
	mkdir -p lower/dir
	echo old >lower/one
	ln lower/one lower/two
	ln lower/one lower/dir/three
}

entries() {
	find work/index -mindepth 1 ! -name '#*' | wc -l
}

links() { # PATH
	stat -c %h "$1"
}

# Prints the link count that the only index entry stores.
kept() {
	getfattr --absolute-names --only-values -n $overlay_xattr.nlink work/index/00fb*
}

scenario() {
	linked_lower
	mount_merged index=on
	before=$(stat -c '%i %h' merged/one)
	assert_eq "$(entries)" 0 'entries before a change'
	exec 5>>merged/one
	echo new >&5
	chmod 640 /proc/self/fd/5
	assert_eq "$(stat -L -c '%i %h' /proc/self/fd/5)" "$before" 'number and links'
	exec 5>&-
	for again in mounted 'mounted again'; do
		for name in one two dir/three; do
			assert_content merged/$name "$(printf 'old\nnew')"
			assert_eq "$(stat -c '%i %h' merged/$name)" "$before" "$name, $again"
		done
		remount index=on
	done
	assert_names upper one
	assert_eq "$(links upper/one)" 2 'links of the upper inode'
	assert_eq "$(kept)" U+1
	cat merged/two merged/dir/three merged/one >/dev/null
	chmod 600 merged/dir/three
	assert_eq "$(stat -c %a merged/one merged/two | sort -u)" 600
	assert_names upper 'dir one'
	assert_eq "$(kept)" U+0
	assert_eq "$(entries)" 1 entries
}
on_each_backend 'a change through one name of a linked lower file shows through all names, also after a remount'

scenario() {
	linked_lower
	mount_merged index=on
	rm merged/one
	assert_whiteout upper/one
	assert_eq "$(links merged/two)" 2
	assert_eq "$(kept)" U+1
	echo new >merged/two
	remount index=on
	assert_content merged/dir/three new
	assert_eq "$(links merged/two)" 2
	exec 5<merged/two
	rm merged/two
	assert_eq "$(stat -L -c %h /proc/self/fd/5)" 1 'while it is open'
	rm merged/dir/three
	assert_eq "$(cat <&5)" new
	assert_eq "$(stat -L -c %h /proc/self/fd/5)" 0 'without a name'
	exec 5<&-
	assert_eq "$(entries)" 0 'entries of a file without a name'
	remount index=on
	assert_names merged dir
}
on_each_backend 'the link count goes down with each name, and with the last one the entry goes'

scenario() {
	linked_lower
	echo other >lower/other
	ln lower/other lower/other2
	mount_merged index=on
	mv merged/one merged/dir/moved
	ln merged/two merged/more
	assert_eq "$(links merged/dir/three)" 4
	perl -e 'rename "merged/other", "merged/two" or die $!'
	assert_eq "$(links merged/more)" 3
	assert_op merged 'rename path=other2 path2=dir/three flags=0x2' ok
	assert_eq "$(links merged/two)" 2
	echo new >>merged/other2
	echo changed >merged/two
	for again in mounted 'mounted again'; do
		assert_content merged/more "$(printf 'old\nnew')"
		assert_content merged/dir/moved "$(printf 'old\nnew')"
		assert_content merged/dir/three changed
		assert_eq "$(stat -c '%i %h' merged/dir/three)" "$(stat -c '%i %h' merged/two)" "$again"
		assert_names merged 'dir more other2 two'
		remount index=on
	done
	assert_whiteout upper/one
	assert_whiteout upper/other
}
on_each_backend 'links, renames and exchanges keep the names of a file together'

scenario() {
	mkfifo lower/fifo
	ln lower/fifo lower/fifo2
	ln -s nowhere lower/link
	ln lower/link lower/link2
	mknod lower/null c 1 3
	ln lower/null lower/null2
	mount_merged index=on
	chmod 600 merged/fifo merged/null
	touch -h -d @1000000000 merged/link
	remount index=on
	assert_eq "$(stat -c '%a %h' merged/fifo2 merged/null2 | sort -u)" '600 2'
	assert_eq "$(stat -c '%Y %h' merged/link2)" '1000000000 2'
	assert_eq "$(inode merged/fifo)" "$(inode merged/fifo2)"
	rm merged/fifo merged/link merged/null
	rm merged/fifo2 merged/link2 merged/null2
	assert_names merged ''
	assert_eq "$(entries)" 0 entries
}
on_each_backend 'the names of a fifo, symbolic link or device stay one file, too'

# Maps one name with MAP_SHARED while the others are written to.
scenario() {
	linked_lower
	truncate -s 8192 lower/one
	mount_merged index=on
	python3 - <<-'END'
		import mmap, os
		def number(): return os.stat("merged/dir/three").st_ino
		was = number()
		one = os.open("merged/one", os.O_RDWR)
		os.pwrite(one, b"A", 0)
		seen = mmap.mmap(one, 8192)
		with open("merged/two", "r+b", buffering=0) as two:
		    two.write(b"BB")
		assert seen[:2] == b"BB", seen[:2]
		seen[4096:4099] = b"map"
		seen.flush()
		with open("merged/dir/three", "rb") as three:
		    data = three.read()
		assert data[:2] == b"BB" and data[4096:4099] == b"map", data
		assert number() == was
	END
	remount index=on
	cmp merged/one merged/two
	cmp merged/one merged/dir/three
	assert_eq "$(head -c 2 merged/two)" BB
}
on_each_backend 'all names show one set of pages'

scenario() {
	local round
	can_swap || skip 'the other backend cannot be mounted here'
	linked_lower
	mount_options() { printf 'lowerdir=lower,upperdir=upper,workdir=work,index=on'; }
	mount_merged
	for round in 1 2 3 4; do
		echo "$round" >>merged/two
		ln merged/dir/three "merged/new$round"
		[ "$round" != 2 ] || rm merged/one
		before=$(cd merged && stat -c '%n %i %h %s' -- * dir/*)
		upper=$(find upper work/index ! -name '#*' -exec getfattr -h -d -m - -e hex {} + |
			grep -v uuid)
		swap_backend
		assert_eq "$(cd merged && stat -c '%n %i %h %s' -- * dir/*)" "$before"
		assert_eq "$(find upper work/index ! -name '#*' -exec getfattr -h -d -m - -e hex {} + |
			grep -v uuid)" "$upper"
		assert_content merged/dir/three "$(echo old; seq "$round")"
	done
	rm merged/new* merged/two merged/dir/three
	swap_backend
	assert_names merged dir
	assert_eq "$(entries)" 0
}
on_each_backend 'one backend goes on with the index of the other'

scenario() {
	linked_lower
	mount_merged index=on
	echo new >merged/one
	remount index=off
	assert_content merged/one new
	assert_content merged/two old
	assert_eq "$(stat -c %h merged/one merged/two | tr '\n' ' ')" '2 3 '
	[ "$(inode merged/one)" = "$(inode upper/one)" ]
	[ "$(inode merged/two)" = "$(inode lower/two)" ]
	echo two >merged/two
	remount index=on
	assert_content merged/one new
	assert_content merged/two two
	assert_content merged/dir/three new
	assert_eq "$(links merged/one)" 3
	assert_eq "$(links merged/two)" 1
}
on_each_backend 'without an index the names of an indexed file are separate files with their own link counts'

scenario() {
	linked_lower
	mkdir other other-upper
	mount_merged index=on
	umount_merged
	lowers=other
	assert_fails 'Stale file handle' mount_merged index=on
	mount_merged
	umount_merged
	lowers=lower
	mount_options() { printf 'lowerdir=lower,upperdir=other-upper,workdir=work'; }
	assert_fails 'Stale file handle' mount_merged index=on
}
on_each_backend 'layers that the index was not made with are refused'

# Makes the state after a crash: one count is relative to the lower file, the last name of another entry
# is gone, and a third entry has no lower file.
scenario() {
	local entry
	linked_lower
	echo x >lower/x
	ln lower/x lower/x2
	echo y >lower/y
	ln lower/y lower/y2
	mount_merged index=on
	echo new >merged/one
	umount_merged
	entry=$(echo work/index/00fb*)
	setfattr -n $overlay_xattr.nlink -v L+0 "$entry"
	mount_merged index=on
	assert_eq "$(links merged/two)" 3
	chmod 600 merged/two
	assert_eq "$(kept)" U+0
	touch merged/x merged/y
	umount_merged
	rm upper/x upper/y
	setfattr -n $overlay_xattr.nlink -v U-1 "$(find work/index -size -2 -links 1 -exec grep -l x {} +)"
	rm lower/y lower/y2
	echo rest >work/index/'#1f'
	mount_merged index=on
	assert_eq "$(entries)" 1 'entries that lead somewhere'
	assert_absent work/index/'#1f'
	assert_content merged/dir/three new
}
on_each_backend 'a mount repairs or removes the leftovers of a crash in the index'

scenario() {
	linked_lower
	mount_merged index=on
	echo new >merged/one
	umount_merged
	echo rest >work/index/something
	# mount(8) prints other words for EINVAL.
	assert_fails "$([ "$backend" = kernel ] && echo 'bad option' || echo 'Invalid argument')" \
		mount_merged index=on
	mount_merged
}
on_each_backend 'an index with a foreign entry is refused'

scenario() {
	linked_lower
	mount_merged
	echo new >merged/one
	assert_absent work/index
	assert_eq "$(getfattr -m $overlay_xattr.origin upper)" ''
	assert_content merged/two old
}
on_each_backend_as 'root user userns' 'by default no index is made'

scenario() {
	linked_lower
	mkdir lower/dir/deep
	mount_merged index=on
	mkdir merged/dir/deep/new merged/above
	assert_opaque upper/dir/deep/new
	assert_opaque upper/above
}
on_each_backend 'a new directory in a merged one is opaque: lower layers do not change'

# In a user namespace file handles cannot be decoded, so there is no index. The kernel says so in its
# log.
scenario() {
	linked_lower
	mount_merged index=on 2>words
	[ "$backend" = kernel ] || grep -q "^shale-fuse: warning: 'index=on' is left out.*handles" words
	echo new >merged/one
	assert_content merged/two old
	assert_absent work/index
}
on_each_backend_as 'user userns' 'without the right to follow file handles there is no index, and the reason is printed'

# Several processes change each of many files through all its names, while others list and stat
# them.
scenario() {
	local i name
	mkdir lower/a lower/b
	for i in $(seq 40); do
		echo start >"lower/a/one$i"
		ln "lower/a/one$i" "lower/b/two$i"
		ln "lower/a/one$i" "lower/three$i"
	done
	mount_merged index=on
	for name in a/one b/two three; do
		for i in $(seq 40); do echo "by $name" >>"merged/$name$i"; done &
		for i in $(seq 40 -1 1); do chmod 640 "merged/$name$i"; done &
	done
	for i in $(seq 10); do ls -lR merged; echo 2 >/proc/sys/vm/drop_caches; done >/dev/null &
	for i in $(seq 20); do cat merged/b/two*; done >/dev/null &
	wait
	for again in mounted 'mounted again'; do
		for i in $(seq 40); do
			for name in a/one b/two three; do
				assert_eq "$(stat -c '%h %a %i' "merged/$name$i")" "3 640 $(inode "merged/a/one$i")" "$again"
				assert_eq "$(sort "merged/$name$i" | tr '\n' ' ')" 'by a/one by b/two by three start '
			done
		done
		assert_eq "$(find merged -type f | wc -l)" 120 "names, $again"
		remount index=on
	done
	rm -r merged/a merged/three*
	assert_eq "$(stat -c %h merged/b/* | sort -u)" 1
	rm -r merged/b
	assert_eq "$(entries)" 0
}
on_each_backend 'files that are changed through several names at once stay whole'

scenario() {
	linked_lower
	mount_merged index=on
	echo new >merged/one
	remount ro,index=on
	assert_content merged/two new
	assert_eq "$(links merged/dir/three)" 3
	assert_fails 'Read-only file system' touch merged/two
}
on_each_backend 'a read-only mount uses the index too'

scenario() {
	head -c 3M /dev/zero | tr '\0' x >lower/one
	ln lower/one lower/two
	mount_merged index=on,size=4194304
	chmod 600 merged/one
	assert_fails 'No space left on device' dd if=/dev/zero of=merged/new bs=1M count=2 status=none
	rm merged/new merged/one merged/two
	dd if=/dev/zero of=merged/new bs=1M count=2 status=none
}
only_backend=fuse on_each_backend "files in the index count against the layer's limit"
