#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A user changes a lower layer while it is mounted. The mount may then show anything, but no request
# may hang.
. "${0%/*}/lib.sh"

# Replaces the lower file NAME by something else.
replace() { # NAME KIND
	rm -rf "lower/$1"
	case $2 in
	fifo) mkfifo "lower/$1" ;;
	socket) python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "lower/$1" ;;
	link) ln -s other "lower/$1" ;;
	dangling) ln -s nowhere "lower/$1" ;;
	directory) mkdir "lower/$1" ;;
	device) mknod "lower/$1" c 1 5 ;; # /dev/zero
	file) echo 'another file' >"lower/$1" ;;
	nothing) ;;
	esac
}

kinds='fifo socket link dangling directory device file nothing'

# Runs COMMAND. It must end in time, and must not read the content of the other file.
bounded() { # COMMAND...
	local status=0
	timeout -s KILL 10 "$@" >answer 2>&1 || status=$?
	[ $status != 137 ] || echo "no answer to $*"
	[ $status != 137 ] && ! grep 'another file' answer
}

scenario() {
	local what i
	for what in $kinds; do
		for i in 1 2 3 4 5 6 7 8 9; do
			seq 5000 >"lower/$what$i"
		done
	done
	echo other >lower/other
	mount_merged
	for what in $kinds; do
		for i in 1 2 3 4 5 6 7 8 9; do
			stat "merged/$what$i" >/dev/null
		done
	done
	exec 7<merged/fifo1 8<>merged/fifo2
	for what in $kinds; do
		[ "$what $kind" != 'device userns' ] || continue
		for i in 1 2 3 4 5 6 7 8 9; do
			replace "$what$i" "$what"
		done
		# Send more requests than there are threads, by every call that opens a file.
		for i in 1 2 3; do
			bounded cat "merged/$what$i"
		done
		bounded sh -c "echo more >>merged/${what}4"
		bounded truncate -s 3 "merged/${what}5"
		bounded chmod 600 "merged/${what}6"
		bounded setfattr -n user.name -v value "merged/${what}7"
		bounded mv "merged/${what}8" "merged/moved-$what"
		bounded lsattr "merged/${what}9"
		bounded ls -l merged
	done
	bounded dd bs=1 count=1 status=none <&7
	bounded sh -c 'echo more >&8'
	exec 7<&- 8<&-
	bounded cat merged/other
	assert_content merged/other other
}
on_each_backend_as 'root userns' 'a file replaced in a lower layer blocks no request, and shows no other file'

scenario() {
	local pid file
	python3 -c 'import fcntl; fcntl.F_SETLEASE' || skip 'no leases'
	for file in 1 2 3 4 5 6 7 8 9; do
		echo data >lower/$file
	done
	mount_merged
	python3 - <<-'END' &
	import fcntl, os, signal, time
	signal.signal(signal.SIGIO, signal.SIG_IGN)
	files = [os.open('lower/%d' % i, os.O_RDWR) for i in range(1, 10)]
	for file in files:
	    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
	open('leased', 'w').close()
	time.sleep(60)
	END
	pid=$!
	while [ ! -e leased ]; do sleep 0.1; done
	for file in 1 2 3 4 5 6 7 8 9; do
		cat merged/$file >/dev/null 2>&1 &
	done
	sleep 0.2
	timeout -s KILL 20 sh -c 'echo more >merged/other'
	assert_content merged/other more
	kill $pid
	wait
	cat merged/[1-9] >/dev/null
}
# The kernel's overlay waits as long as the holder of the lease may take, so this is for FUSE alone.
only_backend=fuse on_each_backend_as 'root user' 'a lease on a lower file delays no request for another file'
