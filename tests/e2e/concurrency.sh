#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Several processes work in one mount at the same time.
. "${0%/*}/lib.sh"

scenario() {
	local i n
	mkdir lower/dir
	(cd lower/dir && seq 200 | xargs touch)
	mount_merged
	for i in 1 2 3 4; do
		(
			for n in $(seq "$i" 4 200); do
				echo "$i" >"merged/dir/$n"
				mv "merged/dir/$n" "merged/dir/x$n"
				[ $((n % 2)) = 0 ] || rm "merged/dir/x$n"
			done
		) &
	done
	wait
	assert_eq "$(find merged/dir -type f | wc -l)" 100
	remount
	assert_eq "$(find merged/dir -type f -name 'x*' -size 2c | wc -l)" 100
	rm -r merged/dir
	assert_whiteout upper/dir
}
on_each_backend_as 'root plain userns' 'four processes change the files of one directory'

take_names() { # WHO
	local n
	set -C
	for n in $(seq 50); do
		! { echo "$1" >"merged/$n"; } 2>/dev/null || echo "$n" >>taken
	done
}

take_lock() { # WHO
	local n
	for n in $(seq 60); do
		mkdir merged/lock 2>/dev/null || continue
		[ ! -e held ] || echo "$1 was let in too" >>broken
		: >held
		rm held
		rmdir merged/lock
	done
}

scenario() {
	local i
	mount_merged
	for i in 1 2 3 4; do take_names $i & done
	wait
	assert_eq "$(sort taken | uniq -d | wc -l) $(wc -l <taken)" '0 50'
	for i in 1 2 3 4; do take_lock $i & done
	wait
	assert_absent broken merged/lock
}
on_each_backend_as 'root plain userns' 'mkdir and O_EXCL let exactly one in'

scenario() {
	local i
	head -c 2000000 /dev/urandom >lower/file
	cp lower/file plain
	mount_merged
	for i in 1 2 3 4 5 6; do
		(cmp merged/file plain || echo bad >>bad) &
		(chmod "60$i" merged/file) &
	done
	wait
	assert_absent bad
	cmp plain upper/file
}
on_each_backend_as 'root plain userns' 'readers see the whole file while it is copied up'

# Mounts a lower layer on a filesystem that does not answer: another shale-fuse, whose process is
# stopped.
mount_slow() {
	mkdir slow slow/dir shown
	for i in $(seq 6); do echo "$i" >"slow/dir/$i"; done
	"$SHALE_FUSE" -o lowerdir=slow shown
	stopped=$(server_of "$(daemons | awk '{ print $1 }')")
	lowers=shown:lower
}

scenario() {
	local i
	mount_slow
	mkdir lower/fast
	mount_merged
	stat merged/dir merged/fast >/dev/null
	stop_process "$stopped"
	for i in $(seq 6); do cat "merged/dir/$i" >>got & done
	sleep 0.1
	for i in $(seq 200); do
		timeout 20 mkdir "merged/fast/$i"
	done
	assert_eq "$(timeout 20 ls merged/fast | wc -l)" 200
	assert_eq "$(jobs -r | wc -l)" 6
	kill -CONT "$stopped"
	wait
	assert_eq "$(sort got | tr -d '\n')" 123456
	umount -l shown
	umount_merged
}
on_each_backend_as 'root user userns' 'requests that wait for a layer do not delay other requests'
