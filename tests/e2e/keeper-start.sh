#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Kills each process that takes part in a mount before its system calls, while the mount starts.
# Afterwards there must be a mount that works, or none. SHALE_START_EVERY=1 kills before each call;
# otherwise before some.
. "${0%/*}/lib.sh"
. "$here/lib-keeper.sh"

every=${SHALE_START_EVERY:-23}
# A sanitizer cannot look for leaks in a process that is traced.
export ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}

processes_left() {
	ps -eo comm= | grep -E '^(lt-)?(shale-fuse|shale-worker|fusermount3)' || :
}

# Waits until the mount is served, or until all its processes have ended. Then none may be left.
await_outcome() {
	local tries
	for tries in $(seq 400); do
		if is_mounted merged && timeout -s KILL 20 "${as[@]}" sh -c 'echo served >merged/file' 2>/dev/null; then
			served=$((served + 1))
			umount merged
		elif [ -z "$(processes_left)" ]; then
			refute is_mounted merged
			return
		fi
		sleep 0.02
	done
	echo "after $tries tries: $(processes_left)"
	return 1
}

# Sets $killed to 0 if the process ends before that call.
kill_start() { # PROCESS CALL
	local status=0
	"$KILL_AT" "$1" "$2" "${as[@]}" "$SHALE_FUSE" -o "$(mount_options),$options" merged >said 2>&1 || status=$?
	await_outcome || { echo "process $1, call $2, exit status $status: $(cat said)"; return 1; }
	killed=1
	[ $status != 77 ] || killed=0
}

# Kills each of these processes. They are numbered in the order in which they start; 0 is the
# command itself.
kill_starts() { # PROCESS...
	local process call killed served=0 kills=0
	for process; do
		call=$((1 + RANDOM % every)) killed=1
		while [ $killed = 1 ]; do
			kill_start "$process" $call
			kills=$((kills + killed)) call=$((call + every))
		done
	done
	echo "$kills kills, and $served mounts that are served"
	[ $kills -gt $(($# * 2)) ] && [ $served -gt 0 ]
}

scenario() {
	local as=() options=keeper=on
	kill_starts 0 1 2
}
only_fuse root 'a process of a mount that is killed while it starts leaves a mount that is served, or none'

scenario() {
	local as=(setpriv --reuid $unprivileged --regid $unprivileged --clear-groups) options=keeper=on
	command -v fusermount3 >/dev/null || skip 'no fusermount3'
	chown -R $unprivileged .
	kill_starts 0 1 2 3
}
only_fuse root 'the same for a plain user, whose mount fusermount3 makes'

# Without a keeper the end of the daemon is the end of its mount.
scenario() {
	local as=(setpriv --reuid $unprivileged --regid $unprivileged --clear-groups) options=keeper=off
	command -v fusermount3 >/dev/null || skip 'no fusermount3'
	chown -R $unprivileged .
	kill_starts 0 2
}
only_fuse root 'without a keeper a killed fusermount3 leaves none'
