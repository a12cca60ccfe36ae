#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Kills exports: nothing may be left behind, and a file may only be replaced by a complete archive.
# SHALE_TEST_LONG=1 kills before each system call that changes something, not only before some of
# them.
. "${0%/*}/lib.sh"
. "$here/lib-image.sh"

store_with_image() {
	layer_tars
	layout_of layout one.tar two.tar
	shale import oci:layout:v1 app >/dev/null
	shale import one.tar other >/dev/null
}

changing='linkat mkdirat renameat unlinkat fsync write'

plainly() { # COMMAND...
	${without:+"$REFUSE" "$without"} "$SHALE" --home "$PWD/home" --run "$PWD/run" "$@"
}

# Turns leak detection off, because LeakSanitizer cannot use ptrace(2) at the same time as strace.
traced() { # STRACE-OPTION... -- COMMAND...
	local options=()
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	# Hides the shell's message about the killed command.
	{
		ASAN_OPTIONS=detect_leaks=0 strace -f -qq "${options[@]}" ${without:+"$REFUSE" "$without"} \
			"$SHALE" --home "$PWD/home" --run "$PWD/run" "$@" >/dev/null 2>&1
	} 2>/dev/null
}

# Prints "CALL NUMBER" for each call that changed something: a kill before a call that fails equals a
# kill before the next call. strace counts calls per thread.
points() { # COMMAND...
	local list=${changing// /,}
	traced -e "trace=$list" -o trace -- "$@"
	awk '{ name = $2; sub(/\(.*/, "", name); n[$1, name]++; if (!/ = -1 /) print name, n[$1, name] }' trace |
		sort -u | if [ "${SHALE_TEST_LONG-}" = 1 ]; then cat; else awk '$1 != "write" || NR % 8 == 0'; fi
}

# Checks that to/ is as before or complete. If no single system call can make it so, it must be so
# after the next export.
assert_killed_well() { # WORDS
	local left
	find home run | sort >store.after
	cmp store.before store.after
	left=$(find to -name '.shale-*')
	if [ -z "$left" ]; then
		diff -r before to >/dev/null || diff -r after to
	elif [ -z "$strays" ]; then
		echo "left by $1: $left"
		return 1
	fi
}

# Kills the export of app to to/DEST at many points. before/ has to/ without the export, after/ has to/
# with it. strays=1: an unfinished file may have a hidden name until the next export.
kill_everywhere() { # KIND:DEST
	local dest=${1%%:*}:to/${1#*:} call number n=0
	rm -rf to after
	cp -a before to
	find home run | sort >store.before
	plainly export app "$dest"
	mv to after
	cp -a before to
	points export app "$dest" >kills
	while read -r call number; do
		rm -rf to
		cp -a before to
		! traced -o /dev/null -e "inject=$call:signal=KILL:when=$number" -- export app "$dest" || continue
		assert_killed_well "a kill before $call $number"
		plainly export app "$dest"
		diff -r after to
		n=$((n + 1))
	done <kills
	[ "$n" -ge 3 ]
}

need_strace() {
	command -v strace >/dev/null || skip 'there is no strace'
	[ "$(id -u)" != 0 ] || strace -qq -o /dev/null true || skip 'strace cannot trace here'
}

scenario() {
	local kind strays='' without=''
	need_strace
	store_with_image
	mkdir before
	for kind in oci oci-archive docker-archive tar; do
		strays=
		[ $kind != oci ] || strays=1
		kill_everywhere "$kind:image"
	done
	shale export other docker-archive:before/image
	for kind in docker-archive tar; do
		strays=1 kill_everywhere "$kind:image"
	done
}
once_as root 'a killed export leaves no file, or the old one'

scenario() {
	local strays=1 without=''
	need_strace
	store_with_image
	mkdir -p before/image
	kill_everywhere oci:image:app
	shale export other oci:before/image:other
	kill_everywhere oci:image:app
	# After a kill, the image that was there before is still whole.
	shale import oci:to/image:other back >/dev/null
}
once_as root 'an export into a layout that is killed leaves its images as they were'

scenario() {
	local strays=1 without=O_TMPFILE
	need_strace
	[ -x "$REFUSE" ] || skip 'no program refuse'
	store_with_image
	mkdir before
	kill_everywhere oci:image
	kill_everywhere docker-archive:image
	mkdir before/image
	kill_everywhere oci:image
}
once_as root 'leftovers of a killed export without nameless files are removed by the next export'

# The next export removes hidden leftovers, but not while another export works on them.
scenario() {
	store_with_image
	mkdir -p to/.shale-0123456789abcdee/blobs/sha256
	echo x | tee to/.shale-0123456789abcdef to/.shale-0123456789abcde to/.shale-0123456789abcdef0 \
		to/.shale-0123456789ABCDEF to/.shale-1111111111111111 to/.shale-0123456789abcdee/blobs/sha256/x
	ln -s image to/.shale-2222222222222222
	flock to/.shale-1111111111111111 "$SHALE" --home home --run run export app docker-archive:to/image
	assert_names to '.shale-0123456789ABCDEF .shale-0123456789abcde .shale-0123456789abcdef0 .shale-1111111111111111 .shale-2222222222222222 image'
	if [ "$(id -u)" = 0 ]; then
		chown 1 to/.shale-1111111111111111
		shale export app oci:to/layout
		[ -e to/.shale-1111111111111111 ]
		chown 0 to/.shale-1111111111111111
	fi
	shale export app oci:to/layout2
	assert_absent to/.shale-1111111111111111
}
once_as 'root user' 'only what killed exports left is removed'

# Forges a journal. The export must remove only blobs that no index names.
scenario() {
	local digest
	store_with_image
	shale export app oci:to
	cp -a to before
	digest=$(digest_of to/index.json)
	names to/blobs/sha256 | tr ' ' '\n' | sed 's,^,blobs/sha256/,' >blobs
	echo outside >outside
	{
		echo "shale export 1, index before: sha256:${digest#sha256:}0"
		cat blobs
	} >to/.shale-export
	shale export app oci:to
	diff -r before to
	{
		echo 'shale export 1, index before: none'
		cat blobs
		echo oci-layout
	} >to/.shale-export
	shale export app oci:to
	diff -r before to
	mkdir new
	printf '%s\n' 'shale export 1, index before: none' ../outside /etc/hostname index.json blobs/sha256/../../../outside \
		blobs/sha256/x blobs >new/.shale-export
	mkdir -p new/blobs/sha256
	echo kept >new/blobs/sha256/x
	assert_clear_error 'neither empty nor an OCI layout' shale export app oci:new
	assert_content new/blobs/sha256/x kept
	assert_content outside outside
	rm -r new/blobs
	ln -s "$PWD" new/blobs
	echo 'shale export 1, index before: none' >new/.shale-export
	assert_clear_error 'open blobs/sha256' shale export app oci:new
}
once_as root 'a forged journal removes no file of an image'

# Starts several exports at the same time into one new layout.
scenario() {
	local i
	store_with_image
	for i in 1 2 3 4 5 6; do
		shale export app oci:to:tag$i &
	done
	wait
	for i in 1 2 3 4 5 6; do
		shale import oci:to:tag$i back >/dev/null
	done
	assert_names to 'blobs index.json oci-layout'
}
once_as 'root user' 'exports at the same time into a new layout'

scenario() {
	local kind file
	store_with_image
	shale export app docker-archive:archive.tar
	gzip -k archive.tar
	zstd -q archive.tar
	mkdir t
	tar --format=v7 -C t1 -cf v7.tar etc
	tar -C t -cf gnu-empty.tar -T /dev/null
	shale create --rw empty >/dev/null
	shale export empty tar:empty.tar
	for file in archive.tar archive.tar.gz archive.tar.zst v7.tar gnu-empty.tar empty.tar; do
		shale export app "docker-archive:$file"
		cmp "$file" <(shale export app docker-archive:-)
	done
	: >nothing
	shale export app nothing
	echo text >text
	head -c 20000 /dev/urandom >random
	head -c 20000 /dev/zero >zeros
	head -c 1000 /dev/zero >few
	gzip -c text >text.gz
	head -c 700 archive.tar | tail -c 600 >part
	cp "$SHALE" program
	cp text linked
	ln -s linked link
	for file in text random zeros few text.gz part program link; do
		cp -L "$file" before
		for kind in oci-archive docker-archive tar; do
			assert_clear_error "'$file' exists, and is no archive" shale export app "$kind:$file"
			assert_fails 'all the same: --force' shale export app "$kind:$file"
			cmp "$file" before
		done
		shale export --force app "tar:$file"
		tar -tf "$file" >/dev/null
	done
	[ -L link ]
	assert_clear_error 'Is a directory' shale export --force app tar:t
	mkdir full
	echo precious >full/file
	assert_clear_error 'neither empty nor an OCI layout' shale export --force app oci:full
	if [ "$(id -u)" != 0 ]; then
		echo x >unreadable
		chmod 0 unreadable
		assert_clear_error 'Permission denied' shale export app tar:unreadable
	else
		mknod disk b 7 250
		assert_clear_error "'disk' is a disk" shale export app tar:disk
	fi
	assert_fails "unknown option '--force'" shale commit --force empty new
}
once_as 'root user' 'only an archive is replaced without --force'

scenario() {
	local kind
	mkdir small
	mount -t tmpfs -o size=300k tmpfs small
	layer_tars
	head -c 1000000 /dev/urandom >t2/big
	tar -C t2 -cf two.tar .
	layout_of layout one.tar two.tar
	shale import oci:layout app >/dev/null
	shale import one.tar other >/dev/null
	mkdir small/empty
	shale export other oci:small/there
	cp -a small before
	for kind in oci:small/new oci:small/empty oci:small/there:app tar:small/x docker-archive:small/x; do
		assert_clear_error 'No space left' shale export app "$kind"
		diff -r before small
	done
	umount small
}
once_as root 'an export that finds no space leaves nothing'
