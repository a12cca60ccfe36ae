#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Snapshots with more layers than a client can name in one page of mount options.
. "${0%/*}/lib.sh"
. "$here/lib-snapshotter.sh"

precondition=9

# Commits layers "1" to LAYERS, each with a file of its own and one that the next layer replaces.
commit_layers() { # LAYERS
	local i parent='' before
	for ((i = 1; i <= $1; i++)); do
		before=$(echo home/ctr-*)
		encode NewRequest <<<"key: \"work\" parent: \"$parent\"" >message
		frame message >request
		send Prepare request
		assert_eq "$(header grpc-status)" 0 "of layer $i: $(header grpc-message)"
		for dir in home/ctr-*; do
			[[ " $before " == *" $dir "* ]] || break
		done
		echo "$i" | tee "$dir/diff/$i" >"$dir/diff/last"
		encode CommitRequest <<<"name: \"$i\" key: \"work\"" >message
		frame message >request
		send Commit request
		assert_eq "$(header grpc-status)" 0 "of layer $i: $(header grpc-message)"
		parent=$i
	done
}

own_mounts() {
	grep -c " $PWD/home/.*/merged " /proc/self/mountinfo || true
}

scenario() {
	local reply kernel=0 key
	[ "$backend" != kernel ] || kernel=1
	needs_client
	commit_layers 220
	assert_eq "$(own_mounts)" 0 'mounts of committed snapshots'
	prepare few 140 >reply.few
	refute grep -q 'type: "bind"' reply.few
	prepare top 220 >reply.top
	ask View 'key: "seen" parent: "220"' >reply.seen
	ask View 'key: "again" parent: "220"' >reply.again
	assert_eq "$(grep -c 'type: "bind"' reply.top) $(own_mounts)" "$kernel $((3 * kernel))"
	mkdir at seen
	mount_snapshot top at
	mount_snapshot seen seen
	assert_eq "$(cat at/1 at/150 at/220 at/last seen/1 seen/last | tr '\n' ' ')" '1 150 220 220 1 220 '
	echo new >at/new
	rm at/1
	refute touch seen/new 2>error
	grep -q 'Read-only' error

	# After the service was killed the mounts must be the same, and each view must have a mount
	# of its own.
	kill -KILL $snapshotter
	wait $snapshotter || true
	start_snapshotter
	for key in top seen again few; do
		ask Mounts "key: \"$key\"" | cmp - "reply.$key"
	done
	assert_eq "$(own_mounts)" $((3 * kernel))
	umount seen
	ask Remove 'key: "seen"'
	assert_eq "$(own_mounts)" $((2 * kernel))
	mount_snapshot again seen
	assert_eq "$(cat seen/last)" 220
	umount seen
	ask Remove 'key: "again"'

	# After a restart of the machine no mount is there: the service makes it again.
	umount at
	stop_snapshotter
	[ $kernel = 0 ] || umount home/*/merged
	rm -rf run
	start_snapshotter
	assert_eq "$(own_mounts)" $kernel
	ask Mounts 'key: "top"' | cmp - reply.top
	mount_snapshot top at
	assert_eq "$(cat at/new)" new
	refute [ -e at/1 ]
	umount at
	ask Commit 'name: "221" key: "top"'
	assert_eq "$(own_mounts)" 0
	assert_status $precondition 'has children' Remove 'key: "220"'
	ask View 'key: "seen" parent: "221"' >/dev/null
	mount_snapshot seen seen
	assert_eq "$(cat seen/new seen/220 | tr '\n' ' ')" 'new 220 '
	refute [ -e seen/1 ]
	umount seen
	ask Remove 'key: "seen"'
	assert_eq "$(own_mounts)" 0
	shale check >/dev/null
	stop_snapshotter
	assert_eq "$(cat snapshotter.log)" '' 'what the snapshotter had to say'
}
on_each_backend 'a snapshot of 220 layers is mounted, through restarts, until it is committed or removed'

# The layer of an image of many layers may be mapped, or limited, too.
scenario() {
	local prefix=containerd.io/snapshot
	needs_client
	commit_layers 160
	ask Prepare "key: \"small\" parent: \"160\" labels { key: \"$prefix/max-size\" value: \"1M\" }" >reply.small
	grep -q 'type: "fuse3.shale-fuse"' reply.small
	ask View "key: \"mapped\" parent: \"160\" labels { key: \"$prefix/uidmapping\" value: \"0:1000:10\" }
		labels { key: \"$prefix/gidmapping\" value: \"0:1000:10\" }" >reply.mapped
	grep -q 'type: "fuse3.shale-fuse"' reply.mapped
	assert_eq "$(own_mounts)" 0
	mkdir at
	mount_snapshot mapped at
	assert_eq "$(stat -c %u at/1) $(cat at/last)" '1000 160'
	umount at
	mount_snapshot small at
	refute dd if=/dev/zero of=at/big bs=64k count=100 status=none 2>error
	grep -q 'No space left' error
	umount at
	stop_snapshotter
}
once_as root 'with a limit, or as a mapped view, FUSE mounts 160 layers'
