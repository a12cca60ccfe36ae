#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Ids inside xattrs (in ACLs, and the root id of capabilities) of layers that are mounted with
# mapped owners.
. "${0%/*}/lib.sh"

map=0:100000:65536
v2=0x0100000200200000000000000000000000000000
v3=0x0100000300200000000000000000000000000000 # the last 4 bytes are the root's id, little-endian

# Runs COMMAND as a user of a namespace with the ids of the map.
inside() { # UID COMMAND...
	local child
	rm -f waits goes
	mkfifo waits goes
	# shellcheck disable=SC2016 # for the shell inside
	unshare --user --keep-caps sh -c 'echo $$ >"$1"; read -r _ <"$2"; uid=$3; shift 3; cd "$merged"
		exec setpriv --reuid "$uid" --regid "$uid" --clear-groups \
			--inh-caps=-all --ambient-caps=-all "$@"' \
		sh "$PWD/waits" "$PWD/goes" "$@" &
	read -r child <waits
	echo 0 100000 65536 >"/proc/$child/uid_map"
	echo 0 100000 65536 >"/proc/$child/gid_map"
	echo >goes
	wait $!
}

capability() { # FILE
	getfattr --absolute-names -n security.capability -e hex "$1" 2>&1 | sed -n 's/^[^#].*=//p'
}

acl() { # FILE
	getfacl -ncpE "$1" | grep -E '^(default:)?(user|group):[0-9]' | tr '\n' ' '
}

# Makes a store whose base comes from the function "layer", and mounts it for the container at $merged.
mounted_layer() {
	shale create base >/dev/null
	(cd home/base/diff && layer)
	shale create --rw --parent base rw >/dev/null
	merged=$(shale get --uidmap $map rw)
	export merged
	chmod 755 home home/rw
}

layer() {
	echo data >file
	mkdir dir
	chmod 640 file
	setfacl -m u:5:r,g:6:r file
	setfacl -m u:5:rwx,d:u:5:rwx,d:g:6:rx dir
}

scenario() {
	mounted_layer
	assert_eq "$(acl "$merged/file")" 'user:100005:r-- group:100006:r-- '
	assert_eq "$(acl "$merged/dir")" 'user:100005:rwx default:user:100005:rwx default:group:100006:r-x '
	assert_eq "$(inside 0 getfacl -ncE file | grep :5:)" user:5:r--
	assert_eq "$(inside 5 cat file)" data
	assert_eq "$(inside 6 cat file)" data
	assert_fails 'Permission denied' inside 7 cat file
	assert_fails 'Permission denied' setpriv --reuid 5 --regid 5 --clear-groups cat "$merged/file"
	inside 5 sh -c 'echo x >dir/new; mkdir dir/made; mkfifo dir/fifo; ln -s x dir/link; rm dir/fifo; mkfifo dir/fifo'
	inside 0 setfacl -m u:8:rw,g:9:w file
	inside 0 setfacl -m d:u:8:rx dir/made
	assert_fails 'Invalid argument' setfacl -m u:5:r "$merged/file"
	setfacl -m u:100011:r "$merged/file"
	inside 0 chmod 604 file
	assert_eq "$(acl "$merged/dir/new")" 'user:100005:rwx group:100006:r-x '
	shale put rw
	cd home/rw/diff
	assert_eq "$(acl file)" 'user:5:r-- user:8:rw- user:11:r-- group:6:r-- group:9:-w- '
	getfacl -ncpE file | grep mask::---
	assert_eq "$(acl dir/new)" 'user:5:rwx group:6:r-x '
	assert_eq "$(acl dir/fifo)" 'user:5:rwx group:6:r-x '
	assert_eq "$(acl dir/made)" 'user:5:rwx group:6:r-x default:user:5:rwx default:user:8:r-x default:group:6:r-x '
	cd ../../..
	shale diff rw >tar
	grep -a 'SCHILY.acl.access=.*user:8:rw-' tar >/dev/null
	refute grep -aE 'SCHILY.acl.*:1000[0-9][0-9]:' tar
	shale commit rw frozen >/dev/null
	assert_eq "$(acl home/frozen/diff/dir/made)" "$(acl home/rw/diff/dir/made)"
}
on_each_backend 'access lists name the ids of the container, and those of the image on the disk'

layer() {
	touch file plain
	setfacl -m u:5:r,u:70000:rw file
	mkdir dir
	setfacl -d -m u:70000:rwx dir
	touch capable
	setcap -n 70000 cap_net_raw+ep capable
	touch foreign
	chown 70000:70000 foreign
	chmod 666 file capable foreign
}

scenario() {
	mounted_layer
	inside 0 getfacl -ncE file | grep user:4294967295:rw-
	assert_fails 'Value too large' getfattr -n security.capability "$merged/capable"
	assert_fails 'Permission denied' inside 6 sh -c 'mkdir dir/made; cat dir' # no rwx for others
	assert_fails 'Invalid argument' inside 0 touch dir/new
	assert_fails 'Invalid argument' inside 0 chmod 600 file
	assert_fails 'Value too large' inside 0 chmod 600 capable
	assert_fails 'Value too large' chmod 600 "$merged/foreign"
	inside 0 chmod 600 plain
	shale put rw
	assert_names home/rw/diff plain
}
on_each_backend 'an xattr with an unmapped id is neither copied up nor inherited'

layer() {
	for name in two three new mine; do
		cp /bin/true $name
	done
	setcap cap_net_raw+ep two
	setcap -n 5 cap_net_raw+ep three
}

scenario() {
	mounted_layer
	assert_eq "$(capability "$merged/two")" ${v3}a0860100
	assert_eq "$(capability "$merged/three")" ${v3}a5860100
	assert_eq "$(inside 0 getcap two)" 'two cap_net_raw=ep'
	inside 0 getcap -n three | grep 'rootid=5'
	assert_fails 'Invalid argument' setfattr -n security.capability -v $v2 "$merged/new"
	assert_fails 'Invalid argument' setfattr -n security.capability -v ${v3}05000000 "$merged/new"
	setfattr -n security.capability -v ${v3}a5860100 "$merged/new"
	inside 0 setcap cap_net_raw+ep mine
	inside 0 chmod 711 two three
	assert_eq "$(inside 0 getcap two)" 'two cap_net_raw=ep'
	inside 0 cp /bin/grep see
	inside 0 setcap cap_net_raw+ep see
	inside 9 ./see '^CapEff:.*0000002000' /proc/self/status
	setpriv --reuid 9 --clear-groups "$merged/see" '^CapEff:.*0000000000' /proc/self/status
	shale put rw
	cd home/rw/diff
	for name in two mine see; do
		assert_eq "$(capability $name)" $v2
	done
	assert_eq "$(capability three) $(capability new)" "${v3}05000000 ${v3}05000000"
}
on_each_backend 'capabilities belong to the root of the container, and to that of the image on the disk'

# Only shale-fuse has these options.
mapped() { # OPTIONS
	"$SHALE_FUSE" -o "lowerdir=lower,upperdir=upper,workdir=work,$1" merged
}

scenario() {
	[ "$kind $ids" != 'userns one' ] || skip 'one id only'
	local stranger='user:4294967294:rw- '
	# The kernel refuses an ACL with an id that its namespace does not have.
	[ "$kind" = root ] || stranger=
	echo data >lower/file
	mkdir lower/dir
	chmod 640 lower/file
	setfacl -m u:5:r,g:6:r,u:300:rw lower/file
	setfacl -d -m u:5:rwx lower/dir
	cp /bin/true lower/capable
	setcap cap_net_raw+ep lower/capable
	mapped uidmapping=0:1000:100,gidmapping=0:2000:100
	assert_eq "$(acl merged/file)" "user:1005:r-- ${stranger}group:2006:r-- "
	setpriv --reuid 1005 --regid 1005 --clear-groups cat merged/file
	assert_fails 'Permission denied' setpriv --reuid 5 --regid 6 --clear-groups cat merged/file
	assert_fails 'Invalid argument' chmod 600 merged/file
	mkdir merged/made
	setfacl -m u:1007:rx,d:g:2008:rx merged/made
	assert_eq "$(acl upper/made)" 'user:7:r-x default:group:8:r-x '
	assert_eq "$(capability merged/capable)" ${v3}e8030000
	umount_merged
	mapped squash_to_uid=1000,squash_to_gid=2000
	assert_eq "$(acl merged/file)" 'user:1000:r-- user:1000:rw- group:2000:r-- '
	setfacl -m u:9:r merged/made
	getfacl -ncp upper/made | grep user:9:r--
}
once_as 'root userns' 'maps and squashing of shale-fuse reach into access lists and capabilities'

scenario() {
	touch lower/file
	setfattr -n user.containers.override_stat -v 5:6:644:file lower/file
	mapped xattr_permissions=2,uidmapping=0:1000:100,gidmapping=0:2000:100
	assert_eq "$(stat -c %u:%g merged/file)" 1005:2006
	chown 1007:2008 merged/file
	assert_eq "$(xattr user.containers.override_stat upper/file)" 7:8:0644:file
	assert_eq "$(stat -c %u:%g merged/file)" 1007:2008
	assert_fails 'Value too large' chown 7 merged/file
	assert_eq "$(stat -c %u:%g merged/file)" 1007:2008
}
once_as 'root userns' 'owners that xattrs keep are mapped both ways too'

scenario() {
	local kept=user.containers.override_security.capability
	touch lower/file lower/old
	setfattr -n user.containers.override_stat -v 5:6:755:file lower/file
	setfattr -n $kept -v $v2 lower/old
	mapped xattr_permissions=2,uidmapping=0:1000:100,gidmapping=0:2000:100
	assert_eq "$(capability merged/old)" ${v3}e8030000
	setfattr -n security.capability -v ${v3}ed030000 merged/file
	assert_eq "$(getfattr -m - merged/file | grep -v '^#')" security.capability
	assert_eq "$(capability merged/file)" ${v3}ed030000
	assert_eq "$(getfattr -n $kept -e hex upper/file | grep =)" $kept=${v3}05000000
	assert_fails 'not permitted' setfattr -n $kept -v 1 merged/file
	assert_fails 'not permitted' setfattr -n user.containers.override_stat -v 0:0:4755:file merged/file
	assert_fails 'No such attribute' getfattr -n $kept merged/file
	echo more >>merged/file
	assert_eq "$(capability merged/file)" ''
	assert_eq "$(getfattr -m capability upper/file)" ''
	setfattr -n security.capability -v ${v3}ed030000 merged/file
	chown 1007 merged/file
	assert_eq "$(getfattr -m capability merged/file)" ''
	setfattr -x security.capability merged/old
	assert_eq "$(getfattr -m capability upper/old)" ''
}
once_as 'root userns' 'capabilities that xattrs keep are mapped, seen and taken away as others'

scenario() {
	echo data >lower/file
	mapped xattr_permissions=2,uidmapping=0:1000:100,gidmapping=0:2000:100
	setfacl -m u:1007:r,g:2008:rw merged/file
	assert_eq "$(acl merged/file)" 'user:1007:r-- group:2008:rw- '
	assert_eq "$(getfattr -m ^system upper/file)" ''
	getfattr -n user.containers.override_system.posix_acl_access -e hex upper/file |
		grep '0200040007000000.*0800060008000000'
	umount_merged
	mapped xattr_permissions=2
	assert_eq "$(acl merged/file)" 'user:7:r-- group:8:rw- '
	setfattr -x system.posix_acl_access merged/file
	assert_eq "$(getfattr -m posix upper/file)" ''
}
once_as root 'access lists that xattrs keep are mapped too'
