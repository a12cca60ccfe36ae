#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# How other programs start shale-fuse, and what they expect of it.
. "${0%/*}/lib.sh"

only_fuse() {
	only_backend=fuse on_each_backend_as "$@"
}

scenario() {
	local out
	echo data >lower/file
	# The daemon keeps no descriptor of its caller, so a pipe on its stderr ends when the parent
	# ends.
	out=$(timeout 20 "$SHALE_FUSE" -o lowerdir=lower,upperdir=upper,workdir=work merged 2>&1)
	assert_eq "$out" '' 'what it says'
	assert_content merged/file data
	assert_eq "$(stat -f -c %t merged)" 65735546 'magic number'
	umount_merged
}
only_fuse 'root user userns' 'it is mounted when it returns, silent, and holds no descriptor of its caller'

scenario() {
	local options
	for options in "lowerdir=$PWD/lower,upperdir=$PWD/upper,workdir=$PWD/work," \
		"lowerdir=$PWD/lower,upperdir=$PWD/upper,workdir=$PWD/work,,volatile" \
		"lowerdir=$PWD/lower,upperdir=$PWD/upper,workdir=$PWD/work,private" \
		"lowerdir=$PWD/lower:$PWD/upper" \
		"rw,lowerdir=$PWD/lower,upperdir=$PWD/upper,workdir=$PWD/work"; do
		(cd / && "$SHALE_FUSE" -o "$options" "$case_dir/merged") 2>said || assert_eq "$?" 0 "$options: $(cat said)"
		is_mounted merged
		umount_merged
		rm -rf work/incompat work/work/incompat
	done
}
only_fuse 'root user userns' 'the option strings of podman are taken'

scenario() {
	local option path
	assert_fails 'shale-fuse: ' "$SHALE_FUSE" -o lowerdir=nowhere,upperdir=upper,workdir=work merged
	assert_fails 'shale-fuse: ' "$SHALE_FUSE" -o lowerdir=lower,upperdir=nowhere,workdir=work merged
	assert_fails 'shale-fuse: ' "$SHALE_FUSE" -o lowerdir=lower,upperdir=upper merged
	assert_fails 'shale-fuse: ' "$SHALE_FUSE" -o lowerdir=lower,upperdir=upper,workdir=work nowhere
	touch file
	assert_fails "mount at '$PWD/file': it is not a directory" "$SHALE_FUSE" -o lowerdir=lower file
	for option in pidfile log; do
		for path in nowhere/file lower; do
			assert_fails "'$path': " "$SHALE_FUSE" -o "lowerdir=lower,$option=$path" merged
		done
	done
	assert_names lower ''
	assert_fails 'lowerdir' "$SHALE_FUSE" -o upperdir=upper,workdir=work merged
	refute is_mounted merged
	"$SHALE_FUSE" --version | grep -q shale-fuse
	"$SHALE_FUSE" --help >help
	grep -q lowerdir help
}
only_fuse 'root user userns' 'what is wrong is said, with a status, and nothing is mounted'

scenario() {
	exec 9>lock
	flock 9
	mount_merged
	exec 9>&-
	# The daemon has closed the descriptors that it does not know, so no process holds the lock any
	# more.
	flock -n lock true
	umount_merged
	# A layer may be named by a descriptor that the caller has opened.
	echo data >lower/file
	exec 9<lower
	"$SHALE_FUSE" -o lowerdir=/proc/self/fd/9 merged
	exec 9<&-
	assert_content merged/file data
	assert_eq "$("$SHALE_FUSE" --version </dev/null | wc -l)" 1
}
only_fuse 'root user userns' 'the daemon keeps no descriptor that its caller left open'

scenario() {
	local words="lowerdir=$PWD/lower,upperdir=$PWD/upper,workdir=$PWD/work"
	mkdir bin
	ln -s "$SHALE_FUSE" bin/shale-fuse
	echo data >lower/file
	mount --bind bin /usr/local/bin
	mount -t fuse.shale-fuse -o "$words" source merged
	assert_content merged/file data
	grep -q "^source $PWD/merged fuse.shale-fuse rw," /proc/self/mounts
	umount_merged
	mount -t fuse.shale-fuse -o "ro,nosuid,nodev,noexec,relatime,nodiratime,lazytime,sync,dirsync,$words" \
		source merged
	grep -q "^source $PWD/merged fuse.shale-fuse ro,sync,dirsync,nosuid,nodev,noexec," /proc/self/mounts
	umount_merged
	mount -t fuse.shale-fuse -o "fsname=named,$words" source merged
	grep -q "^named $PWD/merged fuse.shale-fuse " /proc/self/mounts
	umount_merged
	# containerd starts shale-fuse like this.
	mount.fuse3 source "$PWD/merged" -o "lowerdir=$PWD/lower" -o "upperdir=$PWD/upper" \
		-o "workdir=$PWD/work" -t shale-fuse
	assert_content merged/file data
	umount_merged
	"$SHALE_FUSE" source merged -o "subtype=other,$words"
	grep -q "^source $PWD/merged fuse.other " /proc/self/mounts
	umount_merged
}
only_fuse 'root' 'mount -t fuse.shale-fuse and mount.fuse3 start it, with the options of mount(8)'

scenario() {
	mkdir bin
	ln -s "$SHALE_FUSE" bin/fuse-overlayfs
	# benchexec and other programs read the version like this.
	bin/fuse-overlayfs --version | grep -qE '^fuse-overlayfs: version [0-9]+\.[0-9]+$'
	bin/fuse-overlayfs --version | grep -q '^shale-fuse: version '
	bin/fuse-overlayfs -o "$(mount_options)" merged
	grep -q "^fuse-overlayfs $PWD/merged fuse.fuse-overlayfs rw," /proc/self/mounts
	umount_merged
	bin/fuse-overlayfs -o "$(mount_options),fsname=mine,subtype=other" merged
	grep -q "^mine $PWD/merged fuse.other rw," /proc/self/mounts
}
only_fuse 'root user userns' 'under the name of fuse-overlayfs it is recognised as such'

scenario() {
	local signal
	for signal in TERM INT HUP; do
		# With a keeper, HUP asks for an upgrade.
		# shellcheck disable=SC2046 # no word, or one
		mount_merged $([ $signal != HUP ] || echo keeper=off)
		exec 9>merged/open
		echo "$signal" >&9
		kill -$signal "$(daemons | awk '{ print $1 }')"
		no_daemon
		exec 9>&-
		refute is_mounted merged
		assert_content upper/open $signal
		assert_names work/work ''
	done
}
only_fuse 'root userns' 'a signal unmounts also while a file is open, and nothing written is lost'

scenario() {
	local pid
	echo data >lower/file
	mount_merged
	pid=$(daemons | awk '{ print $1 }')
	kill -TERM "$pid"
	no_daemon
	! is_mounted merged || umount_merged
	mount_merged
	assert_content merged/file data
}
only_fuse 'root user userns' 'a daemon that is told to end unmounts, and its layers are as before'

scenario() {
	local pid tries
	head -c 20000 /dev/zero >lower/file
	mount_merged stats="$PWD/stats"
	pid=$(daemons | awk '{ print $1 }')
	! stat merged/nothing 2>/dev/null || return
	kill -USR1 "$pid"
	for tries in $(seq 100); do
		[ ! -e stats ] || break
		sleep 0.1
	done
	grep -qx 'request_LOOKUP 1' stats
	grep -qx 'copied_up_bytes 0' stats
	echo more >>merged/file
	rm stats
	umount_merged
	grep -qx 'request_WRITE 1' stats
	grep -qx 'copied_up_files 1' stats
}
only_fuse 'root user userns' 'it counts what it was asked for, and tells at a signal and at the end'

scenario() {
	echo data >lower/file
	"$SHALE_FUSE" -d -o "lowerdir=$PWD/lower" merged 2>told &
	until is_mounted merged; do sleep 0.1; done
	assert_content merged/file data
	umount_merged
	wait
	grep -q '^request [0-9]*: INIT (26), node 0, ' told
	grep -q '^request [0-9]*: LOOKUP (1), node 1, ' told
	grep -q '^answer [0-9]*: 144 bytes$' told
}
only_fuse 'root user userns' 'with -d it tells each request and its answer'

# Some builds of libfuse lack custom io. That does not matter, because shale does not use libfuse's
# loop.
scenario() {
	local used
	used=$(nm -D --undefined-only "$SHALE_FUSE" | sed -n 's/.* fuse_\([a-z_]*\).*/\1/p' |
		sed 's/_versioned$//' | sort | tr '\n' ' ')
	assert_eq "$used" 'opt_add_arg opt_free_args session_destroy session_fd session_mount session_new session_unmount '
}
only_fuse 'root' 'libfuse mounts and unmounts, and is asked for nothing else'
