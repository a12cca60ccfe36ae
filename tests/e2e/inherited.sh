#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Limits, signals, descriptors and environment that a program inherits from its caller: the daemon
# and the commands must not depend on them.
. "${0%/*}/lib.sh"

only_fuse() {
	only_backend=fuse on_each_backend_as "$@"
}

daemon_pid() {
	daemons | awk '{ print $1 }'
}

status_of_daemon() { # FIELD
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$(daemon_pid)/status"
}

# ^Prints the soft and the hard limit NAME of the daemon, from /proc
limit_of_daemon() { # NAME
	sed -n "s/^$1  *\([^ ]*\)  *\([^ ]*\) .*/\1 \2/p" "/proc/$(daemon_pid)/limits"
}

# The address sanitizer reserves terabytes of memory.
memory() { # KB
	if grep -q __asan_init "$SHALE_FUSE"; then echo unlimited; else echo "$1"; fi
}

scenario() {
	local name
	(ulimit -S -f 1024 && ulimit -S -t 5 && ulimit -S -v "$(memory 4000000)" && ulimit -S -n 64 && ulimit -S -s 128 &&
		mount_merged)
	head -c 3000000 /dev/zero >merged/file
	assert_eq "$(stat -c %s upper/file)" 3000000
	for name in 'Max cpu time' 'Max file size' 'Max address space' 'Max data size' 'Max open files'; do
		read -r soft hard <<<"$(limit_of_daemon "$name")"
		assert_eq "$soft" "$hard" "$name"
	done
}
only_fuse 'root user userns' 'limits that its caller set for itself do not count for the daemon'

scenario() {
	local size
	(ulimit -f 1024 && ulimit -v "$(memory 3000000)" && mount_merged)
	head -c 2000000 /dev/zero >small
	head -c 900000 small >lower/file
	cp small lower/large
	if [ "$(limit_of_daemon 'Max file size')" = 'unlimited unlimited' ]; then
		cp small merged/big
		assert_eq "$(stat -c %s merged/big)" 2000000
	else
		# The limit cannot be raised: the writer gets an error.
		assert_fails 'File too large' cp small merged/big
		assert_fails 'File too large' truncate -s 2000000 merged/other
		assert_fails 'File too large' chmod 600 merged/large
	fi
	for size in 1 1000 1000000; do
		head -c $size small >merged/again
		assert_eq "$(stat -c %s merged/again)" $size
	done
	echo more >>merged/file
	assert_eq "$(stat -c %s merged/file)" 900005
	mkdir merged/dir
	(cd merged/dir && seq 3000 | xargs touch)
	assert_eq "$(names merged/dir | wc -w)" 3000
}
only_fuse 'root user userns' 'a hard limit of the size of files is an error to who writes more, and no end'

# The address space of login nodes and batch systems: fuse-overlayfs needs 60 MB.
scenario() {
	local i
	mkdir lower/{1..7}
	for i in 1 2 3 4 5 6 7; do (cd lower/$i && seq 10000 | xargs touch); done
	(ulimit -v "$(memory 65536)" && mount_merged)
	assert_eq "$(find merged -type f -size 0 | wc -l)" 70000 'files, each of which is looked at'
	for i in 1 2 3 4 5 6 7; do echo $i >>merged/$i/5000 & done
	wait
	assert_eq "$(cat merged/?/5000 | tr -d '\n')" 1234567
	umount_merged
	(ulimit -v "$(memory 65536)" && mount_merged)
	assert_eq "$(find merged -type f -size +0 | wc -l)" 7
}
only_fuse 'user userns plain' 'with 64 MB of address space 70,000 files are worked on'

scenario() {
	(ulimit -t 1000 && mount_merged 2>said)
	if [ "$(limit_of_daemon 'Max cpu time')" = 'unlimited unlimited' ]; then
		assert_content said ''
	else
		grep -q 'warning: the limit of CPU time' said
	fi
}
only_fuse 'root user userns' 'a limit of CPU time is lifted, or warned of'

scenario() {
	local path=$PWD/dir/pid before
	mkdir -m 777 dir
	umask 0
	echo precious >other
	for before in nothing 'file' 'link' 'fifo'; do
		rm -f "$path"
		case $before in
		file) echo 4711 >"$path" ;;
		link) ln -s ../other "$path" ;;
		fifo) mkfifo "$path" ;;
		esac
		timeout -s KILL 20 "$SHALE_FUSE" -o "$(mount_options),pidfile=$path" merged
		assert_eq "$(stat -c '%F %a' "$path")" 'regular file 644' "$before"
		assert_content "$path" "$(daemon_pid)"
		assert_content other precious
		assert_names dir pid
		umount_merged
	done
	mkfifo log stats.new
	assert_fails "log to 'log'" timeout -s KILL 20 "$SHALE_FUSE" -o "$(mount_options),log=log" merged
	timeout -s KILL 20 "$SHALE_FUSE" -o "$(mount_options),stats=stats,pidfile=merged/pid" merged
	umount_merged
	grep -q '^nodes ' stats
}
only_fuse 'root user userns' 'pidfile= is readable by all, and no file that it is given is followed or waited for'

scenario() {
	(
		trap '' TERM HUP INT CHLD XFSZ PIPE USR1 USR2 ALRM
		mount_merged
	)
	# Leave out the two signals that the C library reserves.
	ignored=$((0x$(status_of_daemon SigIgn | tail -c 17) & ~0x180000000))
	assert_eq "$(printf %x $ignored)" 1801000 'ignored signals'
	kill -TERM "$(daemon_pid)"
	no_daemon
	refute is_mounted merged
	python3 -c '
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 60))
os.execvp(sys.argv[1], sys.argv[1:])' "$SHALE_FUSE" -o "$(mount_options)" merged
	kill -INT "$(daemon_pid)"
	no_daemon
}
only_fuse 'root user userns' 'signals that its caller ignores or blocks end the daemon all the same'

scenario() {
	local pid
	umask 077
	echo 1000 >"/proc/self/oom_score_adj"
	SECRET=word mount_merged
	pid=$(daemon_pid)
	umask 022
	assert_eq "$(status_of_daemon Umask)" 0000
	assert_eq "$(readlink "/proc/$pid/cwd")" /
	# /proc must not show the caller's environment. The memory may still have it.
	tr '\0' '\n' <"/proc/$pid/environ" | refute grep -q SECRET
	[ "$(cat "/proc/$pid/oom_score_adj")" -le 0 ]
	touch merged/file
	assert_eq "$(stat -c %a upper/file)" 644
}
only_fuse 'root userns' 'the daemon has a umask, a working directory, an environment and an OOM score of its own'

scenario() {
	local closed
	echo data >lower/file
	for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- >&- 2>&-'; do
		eval "mount_merged $closed"
		assert_content merged/file data
		echo more >merged/new
		assert_content upper/new more
		for fd in 0 1 2; do
			assert_eq "$(readlink "/proc/$(daemon_pid)/fd/$fd")" /dev/null "$closed: descriptor $fd"
		done
		umount_merged
	done
}
only_fuse 'root userns' 'it mounts with standard descriptors closed, and nothing takes their place'

scenario() {
	local closed path
	export SHALE_HOME=$PWD/home SHALE_RUN=$PWD/run SHALE_BACKEND=$backend
	"$SHALE" init >/dev/null
	"$SHALE" create base >/dev/null
	"$SHALE" create --rw --parent base box >/dev/null
	for closed in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
		eval "\"\$SHALE\" get box $closed" >shown || true
		path=$(grep -o "$PWD/home[^ ]*" /proc/self/mounts)
		echo data >"$path/file"
		"$SHALE" put box
	done
	trap '' CHLD
	path=$("$SHALE" get box)
	"$SHALE" put box
	assert_fails 'no such layer' "$SHALE" get nothing
}
on_each_backend 'get works with closed standard descriptors, and if SIGCHLD is ignored'

scenario() {
	export SHALE_HOME=$PWD/home SHALE_RUN=$PWD/run
	mkdir tree
	head -c 3000000 /dev/urandom >tree/file
	tar -C tree -cf layer.tar .
	"$SHALE" init >/dev/null
	"$SHALE" create layer >/dev/null
	(ulimit -f 1024 && assert_fails 'File too large' "$SHALE" apply layer <layer.tar)
	(ulimit -f 1024 && assert_fails 'File too large' "$SHALE" import layer.tar name:tag)
	"$SHALE" apply layer <layer.tar
	# The command ignores a signal, but a program that it runs gets the signal's default action.
	[ "$kind" != userns ] || return 0
	"$SHALE" unshare sh -c "grep SigIgn /proc/self/status" | grep -q '0000$'
}
once_as 'root userns' 'apply and import report a file over the size limit, and are not killed'
