#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A limit on the disk space of the upper layer.
. "${0%/*}/lib.sh"
only_backend=fuse
limit=$((4 << 20))

free_bytes() {
	stat -f -c '%a %S' merged | { read -r blocks size; echo $((blocks * size)); }
}

upper_bytes() {
	du -sB1 upper | cut -f1
}

# Checks the free space: the limit minus the space of upper, when the kernel has forgotten removed
# files.
assert_figure() {
	for _ in $(seq 100); do
		[ "$(free_bytes)" != $((limit - $(upper_bytes))) ] || return 0
		sleep 0.1
	done
	assert_eq "$(free_bytes)" $((limit - $(upper_bytes))) 'bytes free'
}

assert_full() { # COMMAND...
	assert_fails 'No space left on device' "$@"
}

fill() { # FILE
	assert_full dd if=/dev/zero of="$1" bs=100k
	[ "$(free_bytes)" -lt 4096 ]
	[ "$(upper_bytes)" -le $limit ]
}

scenario() {
	local size
	for size in '' x 1x -1 4Mx; do
		assert_fails "option 'size' cannot be '$size'" mount_merged size=$size
	done
	for size in $limit 4096k 4M 4MiB; do
		mount_merged size=$size
		assert_eq "$(stat -f -c '%b %S' merged | { read -r n size; echo $((n * size)); })" $limit "$size"
		umount_merged
	done
	mount_merged size=0
	head -c $((2 * limit)) /dev/zero >merged/file
}
on_each_backend_as 'root user' 'a size may have a unit behind it'

scenario() {
	local before
	head -c 1000000 /dev/urandom >lower/data
	echo old >lower/small
	mount_merged size=$limit
	assert_eq "$(stat -f -c '%b %S' merged | { read -r n size; echo $((n * size)); })" $limit 'size of it'
	assert_figure
	fill merged/a
	assert_full mkdir merged/dir
	assert_full ln -s "$(printf 'x%.0s' {1..200})" merged/link
	assert_full bash -c 'echo more >>merged/data'
	assert_absent upper/data
	assert_full bash -c 'echo more >>merged/small'
	assert_content merged/small old
	assert_full fallocate -l 100000 merged/a -o $limit
	dd if=/dev/urandom of=merged/a bs=4096 count=20 conv=notrunc status=none
	before=$(free_bytes)
	remount size=$limit
	assert_eq "$(free_bytes)" "$before" 'after another mount'
	rm merged/small
	assert_absent merged/small
	rm merged/a
	assert_figure
	echo more >>merged/data
	assert_figure
	fill merged/a
	truncate -s 2M merged/a
	assert_figure
	dd if=/dev/zero of=merged/a bs=4k seek=512 count=100 status=none
	assert_figure
	fallocate -p -o 0 -l 1M merged/a
	assert_figure
	umount_merged
}
on_each_backend_as 'root user userns' 'an upper layer grows to its limit, and again after something was removed'

scenario() {
	mount_merged size=4M
	truncate -s 1G merged/sparse
	assert_figure
	echo end >>merged/sparse
	assert_figure
	dd if=/dev/zero of=merged/one bs=1M count=2 status=none
	ln merged/one merged/two
	assert_figure
	rm merged/one
	assert_figure
	exec 5>merged/open
	head -c 1000000 /dev/zero >&5
	rm merged/open
	[ "$(free_bytes)" -lt $((limit - $(upper_bytes) - 900000)) ]
	exec 5>&-
	rm merged/two
	fill merged/a
	rm merged/a
	mkdir merged/d{1..20}
	cp merged/sparse merged/d1/copy
	mv merged/d1 merged/d2
	setfattr -n user.x -v "$(head -c 200 /dev/zero | tr '\0' x)" merged/d3
	assert_figure
	rm -r merged/d*
	assert_figure
	umount_merged
}
on_each_backend_as 'root user userns' 'holes, hard links, open files without a name: what counts is what the disk says'

scenario() {
	mount_merged size=$limit
	for i in 1 2 3 4; do
		dd if=/dev/zero of=merged/$i bs=64k status=none 2>errors.$i &
	done
	wait
	[ "$(upper_bytes)" -le $limit ]
	[ "$(free_bytes)" -lt $((256 << 10)) ]
	grep -q 'No space left' errors.1
	rm merged/?
	assert_figure
	umount_merged
}
on_each_backend_as root 'several writers at once stay within it'

# ---- as a layer's option ------------------------------------------------------------------------

only_backend='kernel fuse auto'

keeps_quotas() {
	[ "$(shale probe | awk '$1 == "project-quota" { print $2 }')" = yes ]
}

scenario() {
	local path left
	store_with_layers
	if [ "$backend" = kernel ] && ! keeps_quotas; then
		assert_clear_error 'cannot limit the size of a layer here: ' \
			shale create --rw --parent app --opt size=4M limited
		assert_fails 'use the FUSE backend' shale create --rw --parent app --opt size=4M limited
		assert_absent home/limited
		return
	fi
	assert_clear_error 'not a size' shale create --rw --opt size=big limited
	assert_clear_error 'not a size' shale create --rw --opt size=0 limited
	assert_clear_error 'only read-write layers' shale create --opt size=1M limited
	shale create --rw --parent app --opt size=4MiB limited >/dev/null
	shale inspect limited | grep "SizeLimit.*$limit"
	path=$(shale get limited)
	assert_fails 'No space left on device' cp /dev/zero "$path/zeroes"
	[ "$(du -sB1 home/limited/diff | cut -f1)" -le $limit ]
	assert_content "$path/etc/two" changed
	rm "$path/zeroes"
	head -c 2000000 /dev/zero >"$path/some"
	left=$(stat -f -c '%a' "$path")
	[ "$left" -lt $((limit / $(stat -f -c '%S' "$path"))) ]
	shale put limited
	path=$(shale get limited)
	assert_eq "$(stat -f -c '%a' "$path")" "$left" 'blocks left'
	assert_fails 'No space left on device' cp /dev/zero "$path/more"
	shale put limited
	shale create --rw --opt size=1M alone >/dev/null
	path=$(shale get alone)
	if [ "$kind" != user ]; then	# its root directory belongs to root
		assert_fails 'No space left on device' cp /dev/zero "$path/zeroes"
		[ "$(stat -c %s home/alone/diff/zeroes)" -le $((1 << 20)) ]
	fi
	shale put alone
	shale create --parent limited child >/dev/null
	assert_content "$(shale get child)/etc/two" changed
	shale put child
	shale check
}
on_each_backend_as 'root user userns' 'a layer with a size limit is filled, emptied, remounted, and refused if it cannot be limited'

only_backend=auto
scenario() {
	keeps_quotas && skip 'the kernel backend can limit layers here'
	store_with_layers
	shale create --rw --parent app --opt size=4M limited >/dev/null
	shale get -v limited 2>&1 | grep '^shale: backend fuse: the layer has a size limit'
	grep 'the layer has a size limit' run/log/limited
	shale get -v rw 2>&1 | grep '^shale: backend kernel: '
	shale put rw
	shale put limited
	shale --backend kernel create --rw --parent app rw2 >/dev/null
	assert_clear_error 'cannot limit the size' shale --backend kernel get limited
}
on_each_backend_as root 'FUSE limits a layer if the kernel backend cannot, and the reason is printed'
