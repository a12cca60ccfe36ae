#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The mount options of shale-fuse: those of fuse-overlayfs(1), with the same meaning, and those of
# mount(8).
. "${0%/*}/lib.sh"

only_fuse() {
	only_backend=fuse on_each_backend_as "$@"
}

ids() { # FILE...
	stat -c '%u:%g' "$@" | tr '\n' ' ' | sed 's/ $//'
}

scenario() {
	local options
	echo a >lower/a && chown 0:1 lower/a
	echo b >lower/b && chown 5:6 lower/b
	echo c >lower/c && chown 1000:1000 lower/c
	for options in uidmapping=0:1000:10,gidmapping=0:2000:10 \
		uidmapping=:0:1000:10,gidmapping=:0:2000:10 \
		uidmapping=0:1000:3:3:1003:7,gidmapping=:0:2000:1:1:2001:9 \
		uidmapping=0:1000:3,3:1003:7,gidmapping=0:2000:1,1:2001:9; do
		mount_merged $options
		assert_eq "$(ids merged/a merged/b merged/c)" '1000:2001 1005:2006 65534:65534' "$options"
		umount_merged
	done
	mount_merged uidmapping=0:1000:10,gidmapping=0:2000:10
	chown 1007:2008 merged/a
	assert_eq "$(ids merged/a upper/a)" '1007:2008 7:8'
	chmod 777 merged
	setpriv --reuid 1002 --regid 2003 --clear-groups touch merged/mine
	assert_eq "$(ids merged/mine upper/mine)" '1002:2003 2:3'
	# A user without a mapped id makes a file. As with fuse-overlayfs, it belongs to the overflow
	# id.
	touch merged/stranger
	assert_eq "$(ids merged/stranger upper/stranger)" '65534:65534 65534:65534'
	assert_fails 'too large' chown 5 merged/a
	# Engines change the owner of the root of a mount, which they take for a plain directory.
	# That must not fail.
	before=$(ids merged)
	chown 0:0 merged
	assert_eq "$(ids merged)" "$before"
}
only_fuse root 'uidmapping and gidmapping show ids shifted, in every spelling'

# Makes trees that belong to another user than the plain user who mounts them.
others_tree() {
	mkdir lower/dir lower/mine
	echo a >lower/a
	echo b >lower/dir/b
	echo mine >lower/mine/file
	ln -s a lower/link
	mkfifo lower/pipe
	chown -R 1000:1000 lower/mine upper work merged
}

change_others_tree() {
	as_user sh -c 'echo more >>merged/a && touch merged/dir merged/pipe && chmod 600 merged/dir/b'
	as_user touch -h merged/link
	as_user touch merged/dir/new
	as_user mv merged/dir/b merged/dir/c
	as_user sh -c 'echo more >>merged/mine/file'
	assert_eq "$(as_user cat merged/a)" $'a\nmore'
	as_user fusermount3 -u merged
}

scenario() {
	others_tree
	as_user "$SHALE_FUSE" -o lowerdir=lower,upperdir=upper,workdir=work,squash_to_uid=1000,squash_to_gid=1000 merged
	change_others_tree
	assert_eq "$(find upper -mindepth 1 ! -type c -exec stat -c %u:%g {} + | sort -u)" 1000:1000
}
only_fuse root 'with squash_to_uid and squash_to_gid the copies are the files of the user who mounts'

scenario() {
	others_tree
	chmod 777 lower
	chmod 666 lower/a
	as_user "$SHALE_FUSE" -o lowerdir=lower,upperdir=upper,workdir=work,xattr_permissions=2 merged
	as_user sh -c 'echo more >>merged/a'
	as_user ln -s a merged/new
	as_user chown -h 1000:1000 merged/new
	assert_eq "$(as_user stat -c %u:%g:%a merged/a merged/new | tr '\n' ' ')" '0:0:666 1000:1000:777 '
	as_user fusermount3 -u merged
	assert_eq "$(stat -c %u:%g upper/a) $(xattr user.containers.override_stat upper/a)" '1000:1000 0:0:0666:file'
}
only_fuse root 'with xattr_permissions a copy keeps its owner in an xattr, and links may be given away'

scenario() {
	mount_merged xattr_permissions=2
	echo data >merged/file
	setfacl -m u:5:r merged/file
	getfacl -ncp merged/file | grep -q '^user:5:r--'
	remount xattr_permissions=2
	getfacl -ncp merged/file | grep -q '^user:5:r--'
}
only_fuse 'root userns' 'with xattr_permissions access lists can be set'

scenario() {
	local options
	touch lower/a && chown 5:6 lower/a
	for options in squash_to_root=0:0 squash_to_uid=3,squash_to_gid=4=3:4 \
		squash_to_root,squash_to_uid=3=3:0 squash_to_uid=3,squash_to_root=3:0 \
		squash_to_uid=3,uidmapping=0:1000:10=3:6; do
		mount_merged "${options%=*}"
		assert_eq "$(ids merged/a)" "${options##*=}" "$options"
		umount_merged
	done
	mount_merged squash_to_root
	chown 7:8 merged/a
	assert_eq "$(ids merged/a upper/a)" '0:0 7:8'
}
only_fuse root 'squash shows one id and keeps what is on disk; an id that is named is stronger'

scenario() {
	mkdir -p lower/dir/sub
	mount_merged
	assert_eq "$(stat -c %h merged/dir)" 3
	remount static_nlink
	mkdir merged/new
	assert_eq "$(stat -c %h merged merged/dir merged/new | tr '\n' ' ')" '1 1 1 '
}
only_fuse 'root user userns' 'static_nlink shows one link for directories'

scenario() {
	local file
	mkdir lower/dir
	touch lower/dir/{a,b}
	mount_merged ino32_t
	touch merged/dir/c
	for file in merged merged/dir merged/dir/{a,b,c}; do
		[ "$(inode $file)" -lt 4294967296 ]
		[ "$(inode $file)" -gt 0 ]
	done
	assert_eq "$(ls -i merged/dir | awk '{ print $1 }')" "$(inode merged/dir/a)
$(inode merged/dir/b)
$(inode merged/dir/c)" 'd_ino and st_ino'
	assert_eq "$(inode merged/dir | wc -l)" 1
}
only_fuse 'root user userns' 'ino32_t: inode numbers fit in 32 bits, in a list too'

scenario() {
	local options
	for options in xino=off,fast_ino=1,threaded=0,noacl,writeback=1,timeout=0,fsync=0 \
		xino=auto,timeout=1.5,volatile,redirect_dir=off,metacopy=off,default_permissions,rw \
		defaults,async,atime,noatime,relatime,strictatime,diratime,nodiratime,lazytime,dirsync \
		'xino=on,fsync=1,private,context="system_u:object_r:x_t:s0:c1,c2"'; do
		rm -rf upper work && mkdir upper work
		mount_merged "$options" >said 2>&1
		assert_content said ''
		echo "$options" >merged/file
		umount_merged
		assert_content upper/file "$options"
	done
}
only_fuse 'root user' 'the options of other tools are accepted without a message'

scenario() {
	mount_merged no_such_option,neither=this >said 2>&1
	assert_content said \
		"shale-fuse: warning: options 'no_such_option', 'neither=this' are not known, and ignored"
	umount_merged
	assert_fails timeout "$SHALE_FUSE" -o lowerdir=lower,timeout=soon merged
	assert_fails uidmapping "$SHALE_FUSE" -o lowerdir=lower,uidmapping=0:1 merged
	assert_fails uidmapping "$SHALE_FUSE" -o lowerdir=lower,uidmapping=: merged
	assert_fails squash_to_uid "$SHALE_FUSE" -o lowerdir=lower,squash_to_uid=me merged
	assert_fails xattr_permissions "$SHALE_FUSE" -o lowerdir=lower,xattr_permissions=3 merged
	assert_fails upperdir "$SHALE_FUSE" -o lowerdir=lower,upperdir merged
	refute is_mounted merged
}
only_fuse 'root user userns' 'unknown options get one warning, bad values an error'

scenario() {
	mkdir 'a:b' 'a,c' 'a\d' 'up:per' 'wo,rk'
	echo 1 >'a:b/1'
	echo 2 >'a,c/2'
	echo 3 >'a\d/3'
	"$SHALE_FUSE" -o 'lowerdir=a\:b:a\,c:a\\d,upperdir=up\:per,workdir=wo\,rk' merged
	assert_names merged '1 2 3'
	touch merged/4
	umount_merged
	assert_names 'up:per' 4
	"$SHALE_FUSE" -o 'lowerdir="a,c":lower' merged
	assert_names merged 2
	umount_merged
	"$SHALE_FUSE" -o lowerdir=lower -o upperdir=upper -o workdir=work merged
	touch merged/5
	umount_merged
	assert_names upper 5
}
only_fuse 'root user userns' 'colons, commas and backslashes in paths'

scenario() {
	local i
	mkdir l
	mkdir $(seq -f l/%g 500)
	for i in $(seq 500); do
		echo "$i" >l/$i/f$i
		echo "$i" >l/$i/same
	done
	lowers=$(seq -f 'l/%g' -s : 500) mount_merged
	assert_eq "$(ls merged | wc -l)" 501
	assert_content merged/same 1
	assert_content merged/f500 500
	echo changed >merged/f500
	assert_names upper f500
	umount_merged
	assert_fails 'lower layers' "$SHALE_FUSE" -o "lowerdir=$(seq -f 'l/%g' -s : 500):lower" merged
}
only_fuse root '500 layers, and not one more'

override() { # 1|2
	mount_merged xattr_permissions=$1
	touch merged/f
	chown 7:8 merged/f
	chmod 4711 merged/f
	assert_eq "$(stat -c '%u:%g %a' merged/f)" '7:8 4711'
	remount xattr_permissions=$1
	assert_eq "$(stat -c '%u:%g %a' merged/f)" '7:8 4711'
	assert_eq "$(xattr user.containers.override_stat upper/f | cut -d: -f1-3)" 7:8:4711
	[ "$(ids upper/f)" != 7:8 ]
	assert_eq "$(xattr user.containers.override_stat merged/f)" ''
	# With force_mask containers/storage unpacks like this: all files have one mode on the disk.
	umount_merged
	touch lower/l && chmod 755 lower/l
	setfattr -n user.containers.override_stat -v 1:2:0640 lower/l
	mount_merged xattr_permissions=$1
	assert_eq "$(stat -c '%u:%g %a' merged/l)" '1:2 640'
}

scenario() {
	override 2
}
only_fuse 'root userns' 'xattr_permissions=2: owners and modes are in an xattr, and stay after chown and chmod'

scenario() {
	override 1
}
only_fuse root 'xattr_permissions=1: the same'

scenario() {
	echo x >lower/f
	setfattr -n user.a -v b lower/f
	mount_merged noxattrs
	assert_fails 'not supported' getfattr -n user.a merged/f
	remount noxattrs=0
	assert_eq "$(xattr user.a merged/f)" b
	setfacl -m u:7:r merged/f
	remount noacl
	assert_content merged/f x
}
only_fuse 'root' 'noxattrs and noacl'

scenario() {
	cp /bin/true lower/true
	chmod 4755 lower/true
	mount_merged noexec
	assert_fails 'Permission denied' merged/true
	remount nosuid,nodev
	merged/true
	grep -q " $PWD/merged fuse.*nosuid,nodev" /proc/self/mounts
	remount sync,dirsync,noatime
	grep -q " $PWD/merged fuse.*sync,.*noatime" /proc/self/mounts
	remount ro
	assert_fails 'Read-only' touch merged/f
}
only_fuse 'root' 'the flags of mount(8) hold'

scenario() {
	echo up >upper/f
	echo low >lower/f
	mount_merged ro
	assert_content merged/f up
	assert_fails 'Read-only' touch merged/g
	umount_merged
	lowers=lower read_only=1 mount_merged
	assert_content merged/f low
	assert_fails 'Read-only' touch merged/g
	umount_merged
	# Upper and work were neither needed nor changed.
	assert_names work ''
	assert_names upper f
}
only_fuse 'root user userns' 'read-only: with an upper layer as the topmost, and without one'

# Without an optimisation, the mount must send the requests that the optimisation saves.
scenario() {
	local optimisation options
	mkdir lower/d
	touch lower/d/{1..9}
	ln -s d lower/link
	for optimisation in '' open dirs plus negative links parallel readahead writers xattrs; do
		mount_merged "stats=$PWD/stats${optimisation:+,without=$optimisation}"
		for i in 1 2 3; do
			cat merged/d/1 merged/link/2
			ls -l merged/d >/dev/null
			[ ! -e merged/absent ]
		done
		umount_merged
		sort stats >"stats.${optimisation:-all}"
	done
	asked() { # NAME OPTIMISATION
		awk -v name="request_$1" '$1 == name { n = $2 } END { print n + 0 }' "stats.$2"
	}
	assert_eq "$(asked OPEN all) $(asked OPENDIR all)" '1 1'
	[ "$(asked OPEN open)" = 6 ]
	[ "$(asked OPENDIR open)" -ge 3 ] && [ "$(asked OPENDIR dirs)" -ge 3 ]
	[ "$(asked READDIRPLUS dirs)" -gt "$(asked READDIRPLUS all)" ]
	[ "$(asked READDIRPLUS plus)" = 0 ] && [ "$(asked READDIR plus)" -gt 0 ]
	[ "$(asked LOOKUP negative)" -ge $(($(asked LOOKUP all) + 2)) ]
	[ "$(asked READLINK links)" -gt "$(asked READLINK all)" ]
	for options in without=open copyup=open copyup=write,copyup=open; do
		mount_merged $options
		: 5<>merged/d/3
		[ -e upper/d/3 ]
		umount_merged
		rm -r upper/d
	done
	mount_merged copyup=write
	: 5<>merged/d/3
	[ ! -e upper/d/3 ]
	umount_merged
	assert_fails "option 'copyup' cannot be 'close'" mount_merged copyup=close
	assert_fails 'knows no' mount_merged without=open+nonsense
	assert_fails 'cannot be' mount_merged descriptors=3
	mount_merged descriptors=16
	cat merged/d/{1..9}
}
only_fuse root 'what makes it fast can be left out, one by one'

scenario() {
	assert_fails "'index=on' cannot be combined with 'metacopy=on'" mount_merged metacopy=on,index=on
	mkdir data
	lowers=lower::data
	assert_fails 'or layers of data' mount_merged index=on
}
only_fuse 'root user userns' 'index=on is refused where copies could lack their data'
