#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Upper layers that fuse-overlayfs wrote, as when somebody changes mount_program: every container is found as
# it was, back and forth.
. "${0%/*}/lib.sh"
. "${0%/*}/lib-operations.sh"
only_backend=fuse

fuse_overlayfs() { # [COMMAND...]
	command -v fuse-overlayfs >/dev/null || skip 'no fuse-overlayfs'
	"$@" fuse-overlayfs -o "lowerdir=lower,upperdir=upper,workdir=work${more-}" merged 2>fuse-overlayfs.said || {
		cat fuse-overlayfs.said
		return 1
	}
}

attributes() {
	find merged -printf '%p %y %U:%G %m %s\n' | sort
}

# Removes, replaces and makes names; PREFIX tells the rounds apart.
change() { # PREFIX
	rm merged/removed merged/dir/sub/two
	rm -r merged/swept merged/mixed
	mkdir merged/swept merged/"$1"
	echo "$1" | tee merged/swept/new merged/"$1"/file merged/replaced >/dev/null
	mv merged/"$1" merged/swept/"$1"
	mkdir -p merged/made/empty
	rmdir merged/gone
	mv merged/over merged/target
	ln merged/append merged/"$1"-link
}

all_names() {
	(cd merged && find . -mindepth 1 -printf '%p %y %m\n' | grep -v '/.fuse_hidden' | sort)
	(cd merged && find . -type f -print0 | sort -z | xargs -0 sha256sum)
}

scenario() {
	make_operands lower
	fuse_overlayfs
	change first
	all_names >first
	umount merged
	mount_merged
	all_names | diff first -
	# Files of the lower layer must not appear again, and old marks must hinder no operation.
	rmdir merged/made/empty
	mkdir merged/other
	mv -T merged/other merged/made
	rm -r merged/swept/first
	mkdir merged/mixed merged/gone
	echo again >merged/removed
	rm merged/removed
	mkdir merged/dir/sub/two merged/removed
	mv merged/mixed merged/swept/mixed
	all_names >second
	umount_merged
	mount_merged
	all_names | diff second -
	umount_merged
	fuse_overlayfs
	all_names | diff second -
	rm -r merged/swept merged/dir
	mkdir merged/swept
	echo third >merged/swept/three
	all_names >third
	umount merged
	mount_merged
	all_names | diff third -
}
on_each_backend_as 'root userns' 'a tree that fuse-overlayfs changed is the same here, and back'

# If mknod is refused, fuse-overlayfs makes .wh.NAME.
make_marks() {
	make_operands lower
	mkdir -m 755 upper/dir upper/dir/sub upper/swept
	(
		umask 0
		for mark in upper/.wh.removed upper/.wh.mixed upper/dir/sub/.wh.two upper/swept/.wh..wh..opq; do
			install -m 700 /dev/null "$mark"
		done
	)
	touch upper/swept/new upper/dir/.wh.one
	mkdir upper/append
	install -m 700 /dev/null upper/.wh.append
}

show_marked() {
	assert_names merged 'append both both2 dir fifo fifo2 gone linked modes open over renamed replaced swept symlink symlink2 target truncated'
	assert_names merged/dir '.wh.one one sub'
	assert_names merged/dir/sub ''
	assert_names merged/swept new
	assert_names merged/append ''
	assert_absent merged/removed merged/mixed/five merged/dir/sub/two merged/swept/three merged/swept/.wh..wh..opq
}

scenario() {
	make_marks
	mount_merged
	show_marked
	remount
	assert_absent merged/mixed merged/swept/three
	mkdir merged/mixed
	assert_names merged/mixed ''
	echo new >merged/removed
	rm merged/removed
	rm -r merged/swept merged/dir/sub
	assert_absent merged/swept merged/dir/sub
	remount
	assert_names merged/mixed ''
	assert_absent merged/removed merged/swept merged/dir/sub
}
on_each_backend_as 'root user userns' 'whiteouts and opaque marks that are files count in upper; a .wh. file of a user does not'

scenario() {
	mkdir lower/dir upper/dir
	touch lower/dir/old upper/dir/new
	setfattr -n user.fuseoverlayfs.opaque -v y upper/dir 2>/dev/null || skip 'no user xattrs here'
	mount_merged
	assert_names merged/dir new
}
on_each_backend_as 'root user userns' 'user.fuseoverlayfs.opaque makes a directory opaque'

# ---- conversion -----------------------------------------------------------------------------------

convert() {
	"$SHALE_FUSE" --convert-upper upper >converted
	assert_eq "$("$SHALE_FUSE" --convert-upper upper)" '0 names converted' 'the second time'
	assert_eq "$(find upper -name '.wh.*' ! -size +0 -perm 700)" '' 'marks left'
	assert_eq "$(getfattr -R -h -d -m '^user[.]\(fuseoverlayfs\|containers\)[.]' upper)" '' 'xattrs left'
}

mount_by_kernel() {
	backend=kernel
	mount_merged || skip 'the kernel mounts no overlay here'
}

scenario() {
	make_operands lower
	fuse_overlayfs
	change first
	all_names >first
	umount merged
	convert
	mount_by_kernel
	all_names | diff first -
}
on_each_backend_as 'root userns' 'a converted upper layer is mounted by the kernel as it was'

scenario() {
	make_marks
	convert
	assert_eq "$(cat converted)" '5 names converted'
	mount_by_kernel
	show_marked
}
on_each_backend_as 'root userns' 'marks that are files are converted'

# The kernel honours such files only in lower layers.
scenario() {
	make_marks
	touch upper/swept/.wh.three
	chmod 700 upper/swept/.wh.three
	"$REFUSE" --eperm mknodat "$SHALE_FUSE" --convert-upper upper >converted
	assert_eq "$(cat converted)" '6 names converted'
	assert_eq "$(find upper -name '.wh.*' ! -name .wh.one)" '' 'marks left'
	assert_eq "$(find upper -type c)" '' 'devices'
	mount_merged
	show_marked
	umount_merged
	mv lower base
	mv upper lower
	mkdir upper
	backend=kernel lowers=lower:base
	mount_merged || skip 'the kernel mounts no overlay here'
	show_marked
}
on_each_backend_as 'root userns' 'where devices are refused, marks become files with an xattr'

# If the root of an upper layer has an override xattr, fuse-overlayfs looks for the same xattr in
# each file.
scenario() {
	local name other
	mkdir lower/dir
	echo old | tee lower/file lower/dir/file lower/copied >/dev/null
	setfattr -n user.containers.override_stat -v 0:0:0640:file lower/copied
	more=,xattr_permissions=2 fuse_overlayfs
	echo new >merged/new
	mkdir merged/made
	chmod 600 merged/new
	attributes | grep -v copied >before
	if [ "$kind" = user ]; then fusermount3 -u merged; else umount merged; fi
	# Since 1.11 it writes the other name.
	name=user.containers.override_stat other=user.fuseoverlayfs.override_stat
	[ -z "$(xattr $other upper)" ] || { other=$name && name=user.fuseoverlayfs.override_stat; }
	xattr $name upper/new | grep -q '600'
	mount_merged xattr_permissions=2
	attributes | grep -v copied | diff before -
	echo more >>merged/dir/file
	echo made | tee merged/made/file merged/other >/dev/null
	mkdir -m 700 merged/made/dir
	ln -s other merged/link
	mv merged/other merged/made/other
	chmod 640 merged/new merged/file
	chmod 750 merged/made
	! touch merged/copied 2>/dev/null || chmod 604 merged/copied
	attributes | grep -v copied >after
	umount_merged
	assert_eq "$(getfattr -R -P -n $other upper 2>/dev/null)" '' 'files with the other name'
	assert_eq "$(xattr $name upper/made/file | cut -d: -f3)" 0644
	more=,xattr_permissions=2 fuse_overlayfs
	attributes | grep -v copied | diff after -
	if [ "$kind" = user ]; then fusermount3 -u merged; else umount merged; fi
}
on_each_backend_as 'root userns' 'owners in user.fuseoverlayfs.override_stat keep that name'

scenario() {
	touch upper/file upper/fifo upper/device lower/old
	mkdir upper/dir
	setfattr -n user.containers.override_stat -v 7:8:4711:file upper/file 2>/dev/null || skip 'no user xattrs here'
	setfattr -n user.containers.override_security.capability -v 0x0100000200000000000000000000000000000000 upper/file
	setfattr -n user.containers.override_stat -v 9:9:640:pipe upper/fifo
	setfattr -n user.fuseoverlayfs.override_stat -v 1:2:750 upper/dir
	setfattr -n user.fuseoverlayfs.override_stat -v 3:4:600:char-1-3 upper/device
	setfattr -n user.containers.override_stat -v 5:6:755:dir upper
	touch -d @1000000000 upper/fifo
	convert
	assert_eq "$(stat -c '%F %u:%g %a' upper upper/file upper/fifo upper/dir | tr '\n' ' ')" \
		'directory 5:6 755 regular empty file 7:8 4711 fifo 9:9 640 directory 1:2 750 '
	assert_eq "$(stat -c '%F %u:%g %a %t,%T' upper/device)" 'character special file 3:4 600 1,3'
	assert_eq "$(stat -c %Y upper/fifo)" 1000000000
	getcap upper/file 2>/dev/null | grep -q cap_ || getfattr -n security.capability upper/file
	mount_by_kernel
	assert_eq "$(stat -c '%F %u:%g %a' merged/fifo)" 'fifo 9:9 640'
}
once_as root 'owners, modes and types that xattrs tell become real'

scenario() {
	touch upper/file
	setfattr -n user.containers.override_stat -v 7:8:644:file upper/file 2>/dev/null || skip 'no user xattrs here'
	assert_fails "convert 'file': Operation not permitted" "$SHALE_FUSE" --convert-upper upper
	assert_fails "shale unshare" "$SHALE_FUSE" --convert-upper upper
	assert_fails "open 'nowhere'" "$SHALE_FUSE" --convert-upper nowhere
}
once_as user 'an owner that the user cannot set is refused with a reason'
