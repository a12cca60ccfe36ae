# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Mounts directories without a store, through $backend: lower/ (or $lowers), upper/ and work/ at
# merged/.
lowers=lower

set_mount_words() {
	# shellcheck disable=SC2034 # for the scenarios
	if [ "$kind" = root ]; then
		overlay_xattr=trusted.overlay
		kernel_words=
	else
		overlay_xattr=user.overlay
		kernel_words=,userxattr
	fi
}

mount_options() {
	if [ -n "${read_only-}" ]; then
		printf 'lowerdir=%s' "$lowers"
	else
		printf 'lowerdir=%s,upperdir=upper,workdir=work' "$lowers"
	fi
}

# Mounts the layers, with more mount OPTIONS if there are any. read_only=1 mounts without upper and
# work.
mount_merged() { # [OPTIONS]
	local options
	options=$(mount_options)${1:+,$1}
	if [ "$backend" = kernel ]; then
		as_mounter mount -t overlay overlay -o "$options$kernel_words" merged
	else
		"$SHALE_FUSE" -o "$options" merged
	fi
}

# If the case has given up its capabilities, runs COMMAND in the process that has kept them.
as_mounter() { # COMMAND...
	local status
	if [ ! -p "$case_dir/../ask" ]; then
		"$@"
		return
	fi
	printf '%q ' "$@" >"$case_dir/../ask"
	read -r status <"$case_dir/../answer"
	return "$status"
}

serve_mounter() {
	local line
	while line=$(<"$case_dir/../ask"); do
		(eval "$line")
		echo $? >"$case_dir/../answer"
	done
}

# Starts the process that keeps the capabilities, and runs the case again without them.
become_plain() {
	[ ! -p "$case_dir/../ask" ] || return 0
	mkfifo "$case_dir/../ask" "$case_dir/../answer"
	serve_mounter &
	exec setpriv --ambient-caps -all --inh-caps -all bash "$self"
}

is_mounted() { # DIR
	grep -q " $(realpath "$1") " /proc/self/mounts
}

# Lists the processes of the mounts: for each its keeper, or the daemon itself if it has no keeper.
daemons() {
	ps -eo pid=,comm=,args= | grep -E '^ *[0-9]+ (lt-)?shale-fuse' || :
}

# Prints the process that serves the mount of the daemon PID.
server_of() { # PID
	ps -eo pid=,ppid=,comm= | awk -v pid="$1" '$2 == pid && $3 == "shale-worker" { pid = $1 } END { print pid }'
}

# Stops the process, and waits until all its threads have stopped: nobody can cancel a request that a
# thread reads meanwhile.
stop_process() { # PID
	kill -STOP "$1"
	while grep -qv ' T ' "/proc/$1/task/"*/stat; do
		sleep 0.1
	done
}

# Kills keeper and worker, so that the mount is dead.
kill_daemon() { # PID
	local server
	server=$(server_of "$1")
	kill -KILL "$1"
	[ "$server" = "$1" ] || kill -KILL "$server"
}

# Unmounts, and waits until the daemon, if there is one, has ended.
umount_merged() {
	is_mounted merged || return 0
	if [ "$backend $kind" = 'fuse user' ] || [ "$backend $kind" = 'fuse plain' ]; then
		fusermount3 -u merged || return
	else
		as_mounter umount merged || return
	fi
	[ "$backend" != fuse ] || no_daemon
}

no_daemon() {
	local tries
	for tries in $(seq 100); do
		[ -n "$(daemons)" ] || ps -eo comm= | grep -qx shale-worker || return 0
		sleep 0.1
	done
	echo "a daemon is left after $tries tries: $(daemons)"
	return 1
}

remount() { # [OPTIONS]
	umount_merged
	mount_merged "$@"
}

# Mounts the same layers with the other backend.
swap_backend() {
	umount_merged
	if [ "$backend" = kernel ]; then
		backend=fuse
	else
		backend=kernel
	fi
	[ "$backend" = kernel ] || [ -x "$SHALE_FUSE" ] || skip "no program $SHALE_FUSE"
	mount_merged
}

# Whether a copy's lower file is found again. In a user namespace the kernel may not decode file
# handles, so a copied-up file has another inode number after a remount.
origin_is_known() {
	[ "$kind $backend" != 'userns kernel' ] && [ "$kind $backend" != 'plain kernel' ]
}

can_swap() {
	[ "$kind" != user ] && [ "$kind" != plain ]
}

# Checks that no mount and no daemon is left at the end of a case.
nothing_left() {
	local mounts
	mounts=$(grep " $(pwd -P)/" /proc/self/mounts)
	if [ -n "$mounts" ]; then
		echo "still mounted: $mounts"
		return 1
	fi
	no_daemon
}
