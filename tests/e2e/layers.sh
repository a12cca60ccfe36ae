#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Stacks of layers: many layers, a mount without upper, one backend after the other.
. "${0%/*}/lib.sh"

scenario() {
	local i
	for i in $(seq 100); do
		mkdir -p "l/$i/dir/$((i % 7))"
		echo "$i" >"l/$i/dir/shared"
		echo "$i" >"l/$i/dir/$((i % 7))/$i"
		echo "$i" >"l/$i/only$i"
	done
	mknod l/50/only60 c 0 0
	lowers=$(seq -s : -f 'l/%g' 100)
	mount_merged
	assert_content merged/dir/shared 1
	assert_eq "$(find merged/dir -type f | wc -l)" 101
	assert_absent merged/only60
	assert_content merged/only100 100
	echo new >merged/dir/6/97
	rm merged/dir/shared
	remount
	assert_eq "$(find merged/dir -type f | wc -l)" 100
	assert_content merged/dir/6/97 new
}
on_each_backend_as 'root plain userns' 'a stack of a hundred layers'

scenario() {
	mkdir lower2
	echo one >lower/one
	echo two >lower2/two
	lowers=lower:lower2
	read_only=1 mount_merged
	assert_names merged 'one two'
	assert_fails 'Read-only file system' touch merged/new
	assert_fails 'Read-only file system' rm -f merged/one
	assert_fails 'Read-only file system' bash -c 'echo >>merged/two'
	assert_fails 'Read-only file system' chmod 600 merged/two
	assert_fails 'Read-only file system' ln -s x merged/x
	assert_content merged/two two
}
on_each_backend_as 'root plain userns' 'without upper the mount is read-only'

work_a_while() {
	local i
	mkdir -p merged/new/deep
	for i in $(seq 40); do
		echo "$i" >"merged/new/$i"
		echo more >>"merged/usr/$i"
	done
	rm -r merged/etc merged/usr/{1..9}
	mkdir merged/etc
	echo new >merged/etc/new
	chmod 700 merged/var merged/var/a
	mv merged/usr/20 merged/usr/renamed
	ln merged/usr/21 merged/usr/linked
	ln -s nowhere merged/usr/link
	mkfifo merged/fifo
	setfattr -n user.note -v x merged/usr/22
	mv merged/new merged/moved
	rm merged/var/b
	truncate -s 100000 merged/usr/23
	touch -d @1000 merged/usr/24
}

scenario() {
	mkdir -p lower/{usr,etc,var} lower2/{usr,var}
	(cd lower/usr && for i in $(seq 50); do echo "$i" >"$i"; done)
	(cd lower2/usr && for i in $(seq 30 70); do echo "$i" >"$i"; done)
	touch lower/etc/{a,b} lower/var/{a,b} lower2/var/{b,c}
	ln lower/usr/40 lower/usr/alias
	lowers=lower:lower2
	mount_merged
	work_a_while
	tree merged >seen1
	swap_backend
	tree merged >seen2
	diff seen1 seen2
	echo more >>merged/usr/25
	rm -r merged/moved merged/etc
	mkdir merged/etc
	chmod 711 merged/var
	tree merged >seen3
	swap_backend
	tree merged >seen4
	diff seen3 seen4
}
on_each_backend_as 'root userns' "one backend reads the other's changes, and goes on"

scenario() {
	local name=alongnametofilltheoptionstringwithsomethingthatcountsforalot i
	for i in $(seq 40); do
		mkdir -p "l/$name$i"
		echo "$i" >"l/$name$i/$i"
	done
	lowers=$(seq -s : -f "l/$name%g" 40)
	mount_merged
	assert_eq "$(find merged -type f | wc -l)" 40
}
on_each_backend_as 'root user userns' 'long paths in the options'

scenario() {
	local i
	for i in $(seq 6); do
		mkdir -p "l/$i/dir"
		for n in $(seq 20); do echo "$i" >"l/$i/dir/$i-$n"; done
	done
	lowers=$(seq -s : -f 'l/%g' 6)
	mount_merged
	for i in $(seq 40); do
		assert_absent "merged/dir/new$i"
		echo "$i" >"merged/dir/new$i"
		assert_content "merged/dir/new$i" "$i"
	done
	assert_content merged/dir/3-7 3
	rm merged/dir/3-7
	assert_absent merged/dir/3-7
	mv merged/dir/4-9 merged/dir/4-9.new
	ln merged/dir/5-5 merged/dir/5-5.too
	echo again >merged/dir/3-7
	echo again >merged/dir/4-9
	assert_content merged/dir/4-9.new 4
	assert_content merged/dir/5-5.too 5
	assert_eq "$(find merged/dir -type f | wc -l)" 162
	rm merged/dir/3-7 merged/dir/new*
	assert_absent merged/dir/3-7 merged/dir/new7
	assert_eq "$(find merged/dir -type f | wc -l)" 121
}
on_each_backend_as 'root user userns' 'names are added to and removed from a directory of many layers'

assert_refused_stack() { # LOWERDIR [UPPERDIR WORKDIR]
	local options=lowerdir=$1${2:+,upperdir=$2,workdir=$3}
	if [ "$backend" = kernel ]; then
		assert_fails '' mount -t overlay overlay -o "$options$kernel_words" merged
	else
		assert_fails "$4" "$SHALE_FUSE" -o "$options" merged
	fi
	refute is_mounted merged
}

scenario() {
	mkdir -p lower/a/b upper/in upper/work work/in
	assert_refused_stack lower:lower/a upper work "lower directory '$PWD/lower/a' lies within"
	assert_refused_stack lower/a:lower upper work "lower directory '$PWD/lower/a' lies within"
	assert_refused_stack lower:lower/a/b '' '' "lower directory '$PWD/lower/a/b' lies within"
	assert_refused_stack lower:lower upper work lower
	assert_refused_stack upper upper work upper
	assert_refused_stack upper/in upper work "lower directory '$PWD/upper/in' lies within"
	assert_refused_stack work/in upper work "lower directory '$PWD/work/in' lies within"
	assert_refused_stack lower upper upper/work "upper or work directory '$PWD/upper/work' lies within"
	assert_refused_stack lower work/in work "upper or work directory '$PWD/work/in' lies within"
	assert_refused_stack lower upper upper upper
	# No directory is merged with itself here.
	mkdir lower/upper lower/work
	local words=$kernel_words
	if [ "$backend" = kernel ]; then
		mount -t overlay overlay -o "lowerdir=lower,upperdir=lower/upper,workdir=lower/work$words" merged
	else
		"$SHALE_FUSE" -o lowerdir=lower,upperdir=lower/upper,workdir=lower/work merged
	fi
	touch merged/file
	umount_merged
	assert_names lower/upper file
}
on_each_backend_as 'root user userns' 'layers within each other are refused, but for an upper layer within a lower one'

assert_read_only() { # WORDS
	mount_merged 2>said
	assert_fails 'Read-only file system' touch merged/new
	assert_fails 'Read-only file system' rm merged/gone merged/low
	assert_content merged/up upper
	assert_content merged/low lower
	assert_absent merged/gone
	[ "$backend" = kernel ] ||
		assert_eq "$(cat said)" "shale-fuse: warning: the mount is read-only, as 'work/work' cannot be made: $1"
	umount_merged
}

# An old file in work/work cannot be removed and stays; the next mount is writable all the same.
scenario() {
	echo lower | tee lower/low lower/gone >/dev/null
	mount_merged
	rm merged/gone
	echo upper >merged/up
	umount_merged
	rm -rf work/work
	chattr +i work 2>said || skip "chattr: $(cat said)"
	assert_read_only 'Operation not permitted'
	chattr -i work
	mkdir work/work
	chattr +i work/work
	assert_read_only 'Operation not permitted'
	chattr -i work/work
	rmdir work/work
	echo kept >work/work
	chattr +i work/work
	assert_read_only 'Not a directory'
	chattr -i work/work
	mount_merged
	touch merged/new
	rm merged/low
	assert_names upper 'gone low new up'
}
on_each_backend 'where the work directory cannot be made, the mount is read-only'

scenario() {
	echo lower >lower/low
	chmod 555 work
	mount_merged 2>said
	if [ "$backend" = fuse ] && [ "$kind" != userns ]; then
		assert_fails 'Read-only file system' touch merged/new
		assert_content merged/low lower
		grep -q 'the mount is read-only' said
	else
		touch merged/new
	fi
	umount_merged
	chmod 755 work
}
on_each_backend_as 'plain userns' 'a work directory that its owner may not write to makes the mount read-only'
