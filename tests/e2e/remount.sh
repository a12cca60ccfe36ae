#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Mounts a layer again right after its mount has ended.
. "${0%/*}/lib.sh"

# Like umount_merged, but does not wait for the daemon.
umount_at_once() {
	if [ "$kind" = user ]; then
		fusermount3 -u merged
	else
		umount merged
	fi
}

scenario() {
	local i busy=()
	for i in $(seq 6); do
		while :; do :; done &
		busy+=($!)
	done
	for i in $(seq 20); do
		mount_merged
		echo "$i" >merged/file
		umount_at_once
	done
	kill "${busy[@]}"
	assert_content upper/file 20
}
on_each_backend_as 'root user' 'a mount after an unmount never finds the work directory in use, on a busy machine'

scenario() {
	local daemon
	mount_merged
	daemon=$(server_of "$(daemons | awk '{ print $1 }')")
	stop_process "$daemon"
	umount_at_once
	(sleep 2.5 && kill -CONT "$daemon") &
	mount_merged
	echo again >merged/file
	umount_merged
	assert_content upper/file again
}
only_backend=fuse on_each_backend_as 'root user userns' 'a daemon that ends slowly delays the next mount, and does not make it fail'

scenario() {
	local said status=0 before=$SECONDS pid place=" at '$PWD/merged'"
	mount_merged
	mkdir other
	said=$("$SHALE_FUSE" -o "$(mount_options)" other 2>&1) || status=$?
	assert_eq "$status" 1 'exit status'
	pid=$(daemons | awk '{ print $1 }')
	# Since Linux 6.8 the error also tells where the layer is mounted.
	printf '%s\n' 6.8 "$(uname -r)" | sort -VC || place=
	assert_eq "$said" \
		"shale-fuse: work directory 'work' is in use by another mount$place (process $pid, shale-fuse)"
	[ $((SECONDS - before)) -le 5 ] || assert_eq $((SECONDS - before)) 0 'seconds until it is said'
	echo mine >merged/file
	assert_content upper/file mine
}
only_backend=fuse on_each_backend_as 'root user userns' 'a work directory whose mount lives is refused at once'

# mount(8) remounts like this: it calls shale-fuse for a mount of its type.
change_mount() { # OPTIONS
	if [ "$backend" = kernel ]; then
		mount -o "remount,$1" merged
	else
		"$SHALE_FUSE" shale-fuse merged -o "rw,user_id=0,group_id=0,default_permissions,allow_other,remount,$1"
	fi
}

has_option() { # OPTION
	[[ ,$(findmnt -n -o VFS-OPTIONS merged), == *,"$1",* ]]
}

scenario() {
	echo data >lower/file
	mount_merged
	change_mount ro
	has_option ro
	assert_fails 'Read-only' touch merged/file
	change_mount nosuid,noatime,rw
	has_option nosuid
	has_option noatime
	touch merged/file
	change_mount rw
	has_option noatime
	echo more >>merged/file
	assert_content merged/file $'data\nmore'
}
on_each_backend 'a mount becomes read-only, writable again, and noatime, by a remount'
