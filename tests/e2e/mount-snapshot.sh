#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The upper layer of a FUSE mount in use is frozen: fuse/mount_snapshot.h.
. "${0%/*}/lib.sh"
. "$here/lib-keeper.sh"

: "${MOUNT_SNAPSHOT:=${DIFFERENTIAL%/*}/mount-snapshot}"
seed=${SHALE_SNAPSHOT_SEED:-1}

# Makes work/snapshot/intent, as the caller of the ioctl must. A refused try may have left the
# directory.
prepare() {
	mkdir -p work/snapshot
	touch work/snapshot/intent
}

# Does what a store does after a snapshot: the frozen layer is frozen/$taken/diff then.
taken=0
finish_snapshot() {
	test -e work/snapshot/committed
	taken=$((taken + 1))
	mkdir -p frozen/$taken
	mv upper frozen/$taken/diff
	mv work/snapshot/upper upper
	mv work/snapshot/work work.next
	mv work frozen/$taken/work
	mv work.next work
}

take() {
	prepare
	sync -f merged
	answer=$("$MOUNT_SNAPSHOT" take merged)
	finish_snapshot
}

# Sets $stack to the present lower layers, in the form of lowerdir.
set_stack() {
	local i
	stack=lower
	for i in $(seq $taken); do
		stack=frozen/$i/diff:$stack
	done
}

# Asks for a snapshot, which must fail with ERROR and change nothing: the same mount can take the
# next one.
refused() { # ERROR
	assert_eq "$("$MOUNT_SNAPSHOT" take merged || :)" "$1"
	refute test -e work/snapshot/committed
}

scenario() {
	mkdir lower/dir lower/dir/sub
	echo lower | tee lower/file lower/gone lower/dir/{a,b} >/dev/null
	mount_merged
	echo changed >merged/file
	echo new >merged/new
	rm merged/gone merged/dir/a
	mkdir merged/made merged/dir/made
	ls -la merged merged/dir >/dev/null
	chmod 750 merged
	touch -d 2001-02-03T04:05:06 merged
	cp -a merged copy
	take
	assert_same_tree merged copy
	assert_eq "$(stat -c '%a %Y' merged)" "$(stat -c '%a %Y' copy)"
	assert_eq "$(stat -c '%a %u:%g %Y' upper)" "$(stat -c '%a %u:%g %Y' frozen/1/diff)"
	assert_eq "$(find upper -mindepth 1)" ''
	before=$(tree frozen/1/diff)
	echo again >>merged/file
	rm merged/new merged/dir/b && rmdir merged/made
	mkdir merged/new
	mv merged/file merged/dir/file
	echo back >merged/gone
	refute test -e merged/made
	assert_names merged 'dir gone new'
	assert_names merged/dir 'file made sub'
	assert_eq "$(cat merged/dir/file)" "$(printf 'changed\nagain')"
	assert_eq "$(tree frozen/1/diff)" "$before"
	assert_whiteout upper/file
	rm -rf copy && cp -a merged copy
	umount_merged
	set_stack
	lowers=$stack
	mount_merged
	assert_same_tree merged copy
}
only_fuse 'root user userns' 'a frozen layer stays as it was, and the mount shows the same before, after, and mounted anew'

# Each step of the process that works in the mount comes between two snapshots.
scenario() {
	local i ok
	mkdir -p lower/held
	mount_merged
	coproc "$MOUNT_SNAPSHOT" hold "$PWD/merged/held" 2>&1
	for i in $(seq 20); do
		echo >&"${COPROC[1]}"
		read -r ok <&"${COPROC[0]}"
		assert_eq "$ok" ok "of step $i"
		sync -f merged
		cp -a merged copy$i
		take
		[ $((${answer% *})) -gt 0 ]
		assert_eq "${answer#* }" $((i + 1))
		tree frozen/$i/diff >frozen/$i/tree
	done
	exec {COPROC[1]}>&-
	wait "$COPROC_PID"
	for i in $(seq 20); do
		diff frozen/$i/tree <(tree frozen/$i/diff)
	done
	umount_merged
	[ "$kind" = root ] || return 0
	# The kernel merges the same layers to the same trees.
	for taken in $(seq 20); do
		set_stack
		mount -t overlay overlay -o "ro,lowerdir=$stack" merged
		assert_same_tree merged copy$taken
		umount merged
	done
}
only_fuse 'root user userns' 'a process with open files, mappings, locks and files without names does not notice twenty snapshots'

# Takes snapshots until the clients are stopped, or one has seen a difference.
take_under_load() { # PID
	local i
	for i in $(seq $((snapshots * 20))); do
		[ $taken -lt $snapshots ] && kill -0 "$1" || break
		prepare
		sync -f merged
		"$MOUNT_SNAPSHOT" take merged >answer || grep -qxE 'EBUSY|EMLINK' answer
		[ -e work/snapshot/committed ] || continue
		finish_snapshot
		tree frozen/$taken/diff >frozen/$taken/tree
	done
}

load_and_take() { # KEEPER DEATHS OPTIONS
	local load i
	"$KEEPER_KILL" "$1" "$PWD/merged" "$PWD/plain" 4 "$2" "$seed" no-links &
	load=$!
	take_under_load $load
	assert_eq "$taken" "$snapshots" snapshots
	kill -TERM $load
	wait $load
	same_trees merged plain
	for i in $(seq "$taken"); do
		diff frozen/"$i"/tree <(tree frozen/"$i"/diff)
	done
	umount_merged
	set_stack
	lowers=$stack
	mount_merged "$3"
	same_trees merged plain
}

scenario() {
	local snapshots=20 options=redirect_dir=on
	[ "$kind" = root ] && options=$options,metacopy=on
	[ "$kind" = userns ] && options=$options,writeback=1
	make_trees 4
	mount_merged "$options"
	load_and_take 0 1000000 "$options"
}
only_fuse 'root user userns' 'clients that compare each result do not notice snapshots, and no frozen layer is written to'

scenario() {
	local snapshots=10
	can_resend
	make_trees 4
	mount_kept redirect_dir=on
	load_and_take "$keeper" 1000000 redirect_dir=on
	grep -q 'another one goes on' log
}
only_fuse 'root userns' 'workers die while snapshots are taken: each is taken or not, and clients notice nothing'

# The worker dies before one of the last calls that a snapshot makes; the kernel asks the next one again.
scenario() {
	local call before
	can_resend
	command -v strace >/dev/null || skip 'there is no strace'
	echo lower >lower/file
	mount_kept
	exec 5<>merged/file
	for call in mkdirat renameat fsync; do
		echo "$call" >&5
		prepare
		before=$(worker)
		traced_while $call "$call:signal=SIGKILL:when=1" "$MOUNT_SNAPSHOT" take merged >answer
		assert_eq "$(worker)" "$(worker | grep -vx "$before")" "worker after $call"
		finish_snapshot
		assert_names upper ''
		echo "after $call" >merged/after
		sleep 0.3 # the keeper gives up after five deaths within a second
	done
	exec 5>&-
	assert_eq "$(cat merged/file)" "$(printf 'mkdirat\nrenameat\nfsync')"
	assert_eq "$(cat frozen/2/diff/file)" "$(printf 'mkdirat\nrenameat')"
	assert_eq "$(cat frozen/2/diff/after)" 'after mkdirat'
	shale upgrade "$PWD/merged"
	assert_eq "$(cat merged/file merged/after)" "$(printf 'mkdirat\nrenameat\nfsync\nafter fsync')"
	take
	umount_merged
	assert_names frozen/4/work/work ''
}
only_fuse root 'a worker that dies while it takes a snapshot leaves it to the next one, which takes it once'

scenario() {
	echo lower >lower/file
	mount_merged
	refused ENOENT
	prepare
	echo two >merged/one && ln merged/one merged/two
	exec 5<>merged/two
	ls -l merged >/dev/null
	refused EMLINK
	rm merged/one
	take
	echo more >&5
	assert_eq "$(cat merged/two)" more
	assert_eq "$(cat frozen/1/diff/two)" two
	exec 5>&-
	remount ro
	refused EROFS
}
only_fuse 'root user userns' 'a snapshot that cannot be right is refused, and changes nothing'

scenario() {
	echo lower >lower/file
	mount_merged index=on
	prepare
	refused EOPNOTSUPP
}
only_fuse root 'a mount with an index takes no snapshot'

scenario() {
	local i
	for i in $(seq 498); do
		mkdir m$i
		lowers=m$i:$lowers
	done
	mount_merged
	take
	assert_eq "${answer#* }" 500
	prepare
	refused EMFILE
}
only_fuse root 'a mount with as many layers as there can be takes no snapshot'

scenario() {
	mount_merged size=10M
	head -c 6000000 /dev/zero >merged/big
	refute head -c 6000000 /dev/zero >merged/more 2>/dev/null
	rm merged/more
	take
	head -c 6000000 /dev/zero >merged/more
	assert_eq "$(stat -c %s merged/big merged/more)" "$(printf '6000000\n6000000')"
	refute dd if=/dev/zero of=merged/big bs=1 count=1 conv=notrunc status=none
}
only_fuse root 'a limit counts what the new upper layer holds'
