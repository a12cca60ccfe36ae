#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The daemon ends when it is asked to and when its mount ends, even if its threads wait for
# something.
. "${0%/*}/lib.sh"

only_fuse() {
	only_backend=fuse on_each_backend_as "$@"
}

serves() { # DIR
	daemons | awk -v dir="/$1" 'substr($0, length($0) - length(dir) + 1) == dir { print $1 }'
}

# Waits up to 10 s for the process to end.
ended() { # PID
	local tries
	for tries in $(seq 100); do
		[ -e "/proc/$1" ] || return 0
		sleep 0.1
	done
	echo "process $1 has not ended after $tries tries: $(cat "/proc/$1/task/"*/wchan)"
	return 1
}

# Makes a mount whose lower layer does not answer. More processes read in the mount than its daemon has threads.
stick() {
	local i
	mkdir below
	for i in $(seq 12); do
		seq 1000 >lower/$i
	done
	"$SHALE_FUSE" -o lowerdir=lower "$PWD/below"
	"$SHALE_FUSE" -o lowerdir=below,upperdir=upper,workdir=work "$PWD/merged"
	ls -l merged >/dev/null
	low=$(server_of "$(serves below)")
	high=$(serves merged)
	stop_process "$low"
	for i in $(seq 12); do
		cat merged/$i >/dev/null 2>&1 &
	done
	sleep 0.5
}

unstick() {
	kill -CONT "$low"
	wait
	fusermount3 -u below || umount below
	ended "$low"
}

scenario() {
	stick
	kill "$high"
	ended "$high"
	refute is_mounted merged
	unstick
}
only_fuse 'root user userns' 'a signal ends a daemon whose threads are all stuck'

scenario() {
	stick
	if [ "$kind" = user ]; then
		fusermount3 -uz merged
	else
		umount -l merged
	fi
	refute is_mounted merged
	kill "$high"
	ended "$high"
	unstick
}
only_fuse 'root user userns' 'a lazy unmount and a signal end a daemon whose threads are all stuck'

scenario() {
	stick
	umount -f merged || umount -l merged
	ended "$high"
	unstick
}
only_fuse 'root' 'a forced unmount ends a daemon whose threads are all stuck'

scenario() {
	local i
	for i in $(seq 30); do
		mount_merged
		echo "$i" >merged/file
		kill -TERM "$(daemons | awk '{ print $1 }')"
		no_daemon
		assert_content upper/file "$i"
		refute is_mounted merged
	done
	# There is no descriptor left for loading a library; the daemon must end all the same.
	(ulimit -n 64 && mount_merged)
	kill -TERM "$(daemons | awk '{ print $1 }')"
	no_daemon
}
only_fuse 'root userns' 'a signal to an idle daemon ends it at once, each time'
