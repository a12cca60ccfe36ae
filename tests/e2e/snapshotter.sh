#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The snapshots service of shale-snapshotter, as containerd's own snapshotters answer.
. "${0%/*}/lib.sh"
. "$here/lib-snapshotter.sh"
. "$here/lib-activate.sh"

not_found=5 exists=6 invalid=3 precondition=9

# Makes the snapshot "base" with a file in it.
commit_base() {
	prepare work >/dev/null
	echo text >"$(upper_of work)/file"
	ask Commit 'name: "base" key: "work" labels { key: "given" value: "here" }'
}

scenario() {
	local reply
	needs_client
	reply=$(ask Prepare 'key: "work" labels { key: "gone" value: "at commit" }')
	[[ $reply == *'type: "bind"'*'options: "rw"'* ]]
	assert_eq "$(ask Mounts 'key: "work"')" "$reply"
	reply=$(ask Stat 'key: "work"')
	[[ $reply == *'name: "work"'*'kind: ACTIVE'*'created_at'*'key: "gone"'* ]]
	ask Commit 'name: "base" key: "work" labels { key: "given" value: "here" }'
	reply=$(ask Stat 'key: "base"')
	[[ $reply == *'kind: COMMITTED'*'key: "given"'* && $reply != *gone* && $reply != *parent* ]]
	prepare top base >top
	grep -q 'lowerdir=.*/home/ctr-[a-z2-7]*/diff"' top
	if [ "$backend" = kernel ]; then
		grep -q 'type: "overlay"' top
	else
		grep -q 'type: "fuse3.shale-fuse"' top
	fi
	reply=$(ask View 'key: "seen" parent: "base"')
	[[ $reply == *'type: "bind"'*'options: "ro"'* ]]
	ask Commit 'name: "second" key: "top"'
	reply=$(ask View 'key: "both" parent: "second"')
	[[ $reply == *'lowerdir='*:*'"'* && $reply != *upperdir* ]]
	reply=$(ask View 'key: "empty"')
	[[ $reply == *'options: "ro"'* ]]

	assert_status $exists 'already exists' Prepare 'key: "seen"'
	assert_status $exists 'already exists' View 'key: "base"'
	assert_status $not_found 'not found' Prepare 'key: "x" parent: "nobody"'
	assert_status $invalid 'not committed' Prepare 'key: "x" parent: "seen"'
	assert_status $invalid 'empty' Prepare ''
	assert_status $precondition 'committed' Mounts 'key: "base"'
	assert_status $not_found 'not found' Mounts 'key: "work"'
	assert_status $not_found 'not found' Stat 'key: "work"'
	assert_status $not_found 'not found' Usage 'key: "work"'
	assert_status $not_found 'not found' Remove 'key: "work"'
	assert_status $not_found 'not found' Commit 'name: "x" key: "work"'
	assert_status $precondition 'not active' Commit 'name: "x" key: "seen"'
	prepare more base >/dev/null
	assert_status $exists 'already exists' Commit 'name: "second" key: "more"'
	assert_status $precondition 'has children' Remove 'key: "base"'
	for key in more both second seen base empty; do
		ask Remove "key: \"$key\""
	done
	ask Cleanup ''
	assert_eq "$(listed '')" ''
	assert_names home 'images l shale.json staging trash'
	assert_no_rubbish
	stop_snapshotter
	assert_eq "$(cat snapshotter.log)" ''
}
on_each_backend_as 'root userns' 'snapshots are prepared, viewed, committed and removed, with the right status codes'

scenario() {
	local long reply
	needs_client
	commit_base
	long=$(printf 'k/%.0s' {1..1000})
	for key in 'default/1/extract-387488966-Y_WK sha256:abc' "$long" 'ünï/cödé' '../..' '.'; do
		prepare "$key" base >/dev/null
		ask Stat "key: \"$key\"" | grep -q ACTIVE
		ask Mounts "key: \"$key\"" >mounts
		ask Mounts "key: \"$key\"" | cmp - mounts
	done
	assert_status $invalid 'UTF-8' Prepare 'key: "\377"'
	stop_snapshotter
	start_snapshotter
	ask Mounts 'key: "."' | cmp - mounts
	assert_eq "$(ask List '' | grep -c ACTIVE)" 5
	kill -KILL $snapshotter
	wait $snapshotter || true
	start_snapshotter
	ask Mounts 'key: "."' | cmp - mounts
	ask Stat 'key: "base"' | grep -q 'value: "here"'
	ask Remove "key: \"$long\""
	assert_status $not_found 'not found' Stat "key: \"$long\""
	stop_snapshotter
}
once_as 'root user' 'keys are any text, and a restart changes no mount'

scenario() {
	local before after
	needs_client
	commit_base
	before=$(ask Stat 'key: "base"' | sed -n '/created_at/,/}/p')
	sleep 0.01
	ask Update 'info { name: "base" labels { key: "a" value: "1" } labels { key: "b" value: "2" } }' >reply.txt
	grep -q '"b"' reply.txt
	refute grep -q '"given"' reply.txt
	ask Update 'info { name: "base" labels { key: "a" value: "3" } labels { key: "c" value: "4" } }
		update_mask { paths: "labels.a" }' >reply.txt
	grep -q '"3"' reply.txt
	grep -q '"b"' reply.txt
	refute grep -q '"c"' reply.txt
	ask Update 'info { name: "base" } update_mask { paths: "labels.b" }' >reply.txt
	refute grep -q '"b"' reply.txt
	ask Update 'info { name: "base" labels { key: "d" value: "5" } } update_mask { paths: "labels" }' >reply.txt
	assert_eq "$(grep -c 'key:' reply.txt)" 1
	assert_status $invalid 'cannot update' Update 'info { name: "base" } update_mask { paths: "parent" }'
	assert_status $not_found 'not found' Update 'info { name: "nobody" }'
	after=$(ask Stat 'key: "base"' | sed -n '/created_at/,/}/p')
	assert_eq "$after" "$before" created
	refute [ "$(ask Stat 'key: "base"' | sed -n '/updated_at/,/}/p' | tail -n +2)" = "$(tail -n +2 <<<"$before")" ]
	stop_snapshotter
	start_snapshotter
	ask Stat 'key: "base"' | grep -q '"d"'
	stop_snapshotter
}
once_as 'root user' 'labels are changed as the field mask says'

scenario() {
	needs_client
	commit_base
	prepare one base >/dev/null
	ask Prepare 'key: "two" labels { key: "io.x/y" value: "a b,c" } labels { key: "n" value: "12" }' >/dev/null
	ask View 'key: "three" parent: "base"' >/dev/null
	assert_eq "$(listed '')" 'base one three two'
	assert_eq "$(listed 'filters: ""')" 'base one three two'
	assert_eq "$(listed 'filters: "name==one"')" one
	assert_eq "$(listed 'filters: "name==one" filters: "kind==committed"')" 'base one' 'any of several'
	assert_eq "$(listed 'filters: "parent==base,kind==active"')" one 'all of one'
	assert_eq "$(listed 'filters: "parent==\"base\",kind!=active"')" three
	assert_eq "$(listed 'filters: "labels.\"io.x/y\"==\"a b,c\""')" two
	assert_eq "$(listed 'filters: "labels.n"')" two 'it is there'
	assert_eq "$(listed 'filters: "labels.n~=/^1[0-9]$/"')" two
	assert_eq "$(listed 'filters: "name~=^t"')" 'three two'
	assert_eq "$(listed 'filters: "labels.n!=12"')" 'base one three'
	assert_eq "$(listed 'filters: "unknown==x"')" ''
	for filter in '==' 'name=' 'name==' 'name==one,' 'name==one two' 'name==\"one' 'name~=[' 'name~=(a{200}){200}' '.name' 'name==\"\\q\"'; do
		assert_status $invalid 'invalid argument' List "filters: \"$filter\""
	done
	for i in $(seq 250); do
		echo "key: \"many$i\" parent: \"base\"" | encode NewRequest >message
		frame message >"request$i"
		set -- "$@" "request$i"
	done
	for i; do send View "$i"; done
	assert_eq "$(listed 'filters: "name~=^many"' | wc -w)" 250 'in several messages'
	stop_snapshotter
	start_snapshotter
	assert_eq "$(listed 'filters: "name~=^many"' | wc -w)" 250 'after a restart'
	stop_snapshotter
}
once_as root 'lists are filtered'

scenario() {
	local reply
	needs_client
	commit_base
	reply=$(ask Usage 'key: "base"')
	[[ $reply == *'inodes: 2'* && $reply == *'size: '* ]]
	prepare one base >/dev/null
	truncate -s 1M "$(upper_of one)/sparse"
	head -c 100000 /dev/urandom >"$(upper_of one)/full"
	ln "$(upper_of one)/full" "$(upper_of one)/again"
	[[ $(ask Usage 'key: "one"') == *'inodes: 3'* ]]
	ask View 'key: "seen" parent: "base"' >/dev/null
	assert_eq "$(ask Usage 'key: "seen"')" ''
	stop_snapshotter
}
once_as root 'usage counts only the files of the layer itself'

scenario() {
	local prefix=containerd.io/snapshot dir
	label() { echo "labels { key: \"$prefix/$1\" value: \"$2\" }"; }
	needs_client
	prepare work >/dev/null
	dir=$(upper_of work)
	echo text >"$dir/root"
	echo text >"$dir/user"
	chown 7:8 "$dir/user"
	ask Commit 'name: "base" key: "work"'
	ask Prepare "key: \"mapped\" parent: \"base\" $(label uidmapping 0:1000:10) $(label gidmapping 0:2000:5,5:3000:100)" >reply.txt
	if [ "$backend" = kernel ] && shale probe | grep -q '^idmapped  *yes'; then
		grep -q 'type: "bind"' reply.txt
		assert_eq "$(grep -c " $PWD/home/.*/merged .* overlay " /proc/self/mountinfo)" 1
		# The store's mount stays when the service stops, and is not made again.
		stop_snapshotter
		start_snapshotter
		ask Mounts 'key: "mapped"' | cmp - reply.txt
		assert_eq "$(grep -c " $PWD/home/.*/merged .* overlay " /proc/self/mountinfo)" 1
	else
		grep -q 'type: "fuse3.shale-fuse"' reply.txt
		grep -q 'options: "uidmapping=0:1000:10"' reply.txt
	fi
	mkdir at
	mount_snapshot mapped at
	assert_eq "$(stat -c %u:%g at/root at/user | tr '\n' ' ')" '1000:2000 1007:3003 '
	echo more >>at/user
	# Only users in the map can make files; here that is the root of the container.
	setpriv --reuid 1000 --regid 2000 --clear-groups touch at/new
	chown 1001:2001 at/new
	umount at
	ask Commit 'name: "changed" key: "mapped"'
	refute grep -q " $PWD/home/.*/merged " /proc/self/mountinfo
	ask View 'key: "disk" parent: "changed"' >/dev/null
	mount_snapshot disk at
	assert_eq "$(stat -c %u:%g at/{user,new} | tr '\n' ' ')" '7:8 1:1 ' 'ids on the disk'
	umount at
	ask Remove 'key: "disk"'
	# One snapshot without a parent, and one that is removed without changes.
	for parent in '' changed; do
		ask Prepare "key: \"again\" parent: \"$parent\" $(label uidmapping 0:1000:10) $(label gidmapping 0:1000:10)" >/dev/null
		ask Remove 'key: "again"'
		refute grep -q " $PWD/home/.*/merged " /proc/self/mountinfo
	done
	assert_eq "$(stat -c %u:%g "$dir/user" 2>/dev/null || stat -c %u:%g home/*/diff/root)" 7:8
	ask View "key: \"seen\" parent: \"base\" $(label uidmapping 0:5000:10) $(label gidmapping 0:5000:10)" >reply.txt
	grep -q 'type: "fuse3.shale-fuse"' reply.txt
	mount_snapshot seen at
	assert_eq "$(stat -c %u:%g at/user)" 5007:5008
	umount at
	ask Prepare "key: \"small\" parent: \"base\" $(label max-size 1M)" >/dev/null
	mount_snapshot small at
	refute dd if=/dev/zero of=at/big bs=64k count=100 status=none 2>error
	grep -q 'No space left' error
	[ "$(stat -c %s at/big)" -le 1048576 ]
	umount at
	for bad in 0:1 0:1:2:3 x 0:1:2, ''; do
		[ -z "$bad" ] || assert_status $invalid uidmapping Prepare "key: \"bad\" parent: \"base\" $(label uidmapping "$bad")"
	done
	for bad in 0 1X -1 1MM; do
		assert_status $invalid max-size Prepare "key: \"bad\" parent: \"base\" $(label max-size "$bad")"
	done
	assert_status $not_found '' Stat 'key: "bad"'
	stop_snapshotter
}
on_each_backend 'labels map owners, and limit the size'

# containerd does not unpack layers that `shale import` has brought in.
scenario() {
	local lower upper
	store_with_layers
	shale commit rw third >/dev/null
	shale export third oci:out:third >/dev/null
	shale --home "$PWD/home2" --run "$PWD/run2" import oci:out:third third >/dev/null
	mv home2 kept && rm -r home && mv kept home
	lower=$(shale ls | awk '$2 == "-" { print $1 }')
	upper=$(shale ls | awk -v parent="$lower" '$2 == parent { print $1 }')
	ref() { echo "labels { key: \"containerd.io/snapshot.ref\" value: \"sha256:$1\" }"; }
	needs_client
	assert_status $exists "$lower" Prepare "key: \"extract 1\" $(ref "$lower")"
	name=$(listed "filters: \"labels.\\\"containerd.io/snapshot.ref\\\"==sha256:$lower,parent==\\\"\\\"\"")
	ask Stat "key: \"$name\"" | grep -q COMMITTED
	assert_status $exists "$upper" Prepare "key: \"extract 2\" parent: \"$name\" $(ref "$upper")"
	# A snapshot on another parent, or for a missing layer, is prepared as usual.
	ask Prepare "key: \"extract 3\" $(ref "$upper")" >/dev/null
	ask Prepare "key: \"extract 4\" $(ref "${upper//[0-4]/5}")" >/dev/null
	top=$(listed "filters: \"parent==\\\"$name\\\"\"")
	prepare container "$top" | grep -q "lowerdir=$PWD/home/$upper/diff:$PWD/home/$lower/diff"
	shale rmi third
	shale gc --layers >/dev/null
	shale exists "$upper"
	ask Remove 'key: "container"'
	assert_clear_error 'holds it' shale rm "$upper"
	for key in 'extract 3' 'extract 4' "$top" "$name"; do
		ask Remove "key: \"$key\""
	done
	shale exists "$upper"
	stop_snapshotter
}
once_as 'root user' 'a snapshot.ref that names a layer of the store needs no unpacking'

# Calls that this service does not have, and messages that cannot be decoded.
scenario() {
	needs_client
	echo 'key: "x"' | encode KeyRequest >message
	frame message >good
	send Nothing good
	assert_eq "$(header grpc-status)" 12
	(printf '\1' && tail -c +2 good) >compressed
	send Stat compressed
	assert_eq "$(header grpc-status)" 12
	head -c 3 good >short
	send Stat short
	assert_eq "$(header grpc-status)" 13
	cat good good >two
	send Stat two
	assert_eq "$(header grpc-status)" 13
	printf '\0\0\0\0\4\377\377\377\377' >garbage
	send Stat garbage
	assert_eq "$(header grpc-status)" 13
	head -c 5000000 /dev/zero >large
	# A message that is too long is refused before all of it has come. Some clients never read
	# that answer.
	timeout 20 curl -sS --http2-prior-knowledge --unix-socket snapshotter.sock -H 'content-type: application/grpc' \
		--data-binary @large -o /dev/null http://x/containerd.services.snapshots.v1.Snapshots/Stat || true
	send Prepare good -H 'grpc-timeout: 1n'
	assert_eq "$(header grpc-status)" 4 'no time was left'
	assert_status $not_found 'not found' Stat 'key: "x"'
	send Stat good -H 'content-type: text/plain' -H 'content-type:'
	assert_eq "$(head -n 1 headers | tr -d '\r ')" HTTP/2415
	send Stat good -X PUT
	assert_eq "$(head -n 1 headers | tr -d '\r ')" HTTP/2405
	printf 'GET / HTTP/1.1\r\n\r\n' | nc -U -N snapshotter.sock >/dev/null || true
	head -c 100000 /dev/urandom | nc -U -N snapshotter.sock >/dev/null || true
	assert_status $not_found '%25 ' Stat 'key: "% \303\244"'
	[[ $(header grpc-message) == *'%C3%A4'* ]]
	stop_snapshotter
}
once_as 'root user' 'a malformed call is refused'

scenario() {
	metric() { # NAME-AND-LABELS
		awk -v name="$1" '$1 == name { print $2 }' metrics
	}
	scrape() {
		curl -sS --unix-socket metrics.sock -o metrics -D metrics.headers "$@" http://shale/metrics
	}
	command -v curl protoc-c >/dev/null || skip 'no curl, or no protoc-c'
	start_snapshotter --metrics metrics.sock
	until [ -S metrics.sock ]; do sleep 0.02; done
	commit_base
	prepare top base >/dev/null
	assert_status $not_found 'not found' Stat 'key: "nobody"'
	mkdir at
	mount_snapshot top at
	cat at/file >/dev/null
	scrape
	grep -q '^Content-Type: text/plain; version=0.0.4' metrics.headers
	assert_eq "$(metric 'shale_calls_total{method="Snapshots/Prepare",code="OK"}')" 2
	assert_eq "$(metric 'shale_calls_total{method="Snapshots/Stat",code="NotFound"}')" 1
	assert_eq "$(metric 'shale_calls_total{method="Snapshots/Remove",code="OK"}')" 0
	[ "$(metric 'shale_call_seconds_total{method="Snapshots/Commit"}')" != 0.000000000 ]
	assert_eq "$(metric 'shale_snapshots{kind="active"}') $(metric 'shale_snapshots{kind="committed"}')" '1 1'
	[ "$(metric shale_committed_bytes)" -gt 0 ] && [ "$(metric shale_filesystem_free_bytes)" -gt 0 ]
	assert_eq "$(metric "shale_mounts{backend=\"$backend\"}")" 1
	if [ "$backend" = fuse ]; then
		layer=$(upper_of top | sed 's,.*/\(ctr-[a-z2-7]*\)/diff,\1,')
		grep -q "^shale_fuse_requests{layer=\"$layer\",mount=\"$PWD/at\",operation=\"LOOKUP\"} [1-9]" metrics
		grep -q "^shale_fuse_nodes{layer=\"$layer\",mount=\"$PWD/at\"} [1-9]" metrics
	fi
	# Each line is a comment, or a name, its labels and a number. No TYPE comment comes twice.
	refute grep -Evq '^# (HELP|TYPE) shale_|^shale_[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [0-9.]+$' metrics
	assert_eq "$(grep '^# TYPE' metrics | sort | uniq -d)" ''
	# A bind mount is not counted again, and an overlay of other directories is not a snapshot.
	mkdir again other
	mount --bind at again
	mount -t overlay none other -o lowerdir=lower,upperdir=upper,workdir=work
	scrape
	assert_eq "$(metric "shale_mounts{backend=\"$backend\"}")" 1
	umount other again at
	if [ "$backend" = kernel ]; then
		(cd home && mount -t overlay none ../at -o "lowerdir=$(ls -d ctr-*/diff | paste -sd:)")
		scrape
		assert_eq "$(metric 'shale_mounts{backend="kernel"}')" 1 'a view whose layers have relative names'
		umount at
		if mount -t overlay none at -o "$(printf "lowerdir+=$PWD/%s," home/ctr-*/diff)ro" 2>/dev/null; then
			scrape
			assert_eq "$(metric 'shale_mounts{backend="kernel"}')" 1 'a view whose layers were named one by one'
			umount at
		fi
	fi
	scrape
	assert_eq "$(metric "shale_mounts{backend=\"$backend\"}")" 0
	curl -sS --unix-socket metrics.sock -o /dev/null -D metrics.headers http://shale/other
	head -n 1 metrics.headers | grep -q 404
	scrape -X POST
	head -n 1 metrics.headers | grep -q 405
	head -c 100000 /dev/urandom | nc -U -N metrics.sock >/dev/null || true
	scrape
	assert_eq "$(metric 'shale_calls_total{method="Snapshots/Prepare",code="OK"}')" 2
	stop_snapshotter
	refute [ -e metrics.sock ]
}
on_each_backend 'figures in the form of Prometheus, on a second socket'

scenario() {
	local i started=()
	needs_client
	commit_base
	for i in $(seq 40); do
		echo "key: \"same$((i % 10))\" parent: \"base\"" | encode NewRequest >message
		frame message >"request$i"
		curl -sS --http2-prior-knowledge --unix-socket snapshotter.sock -H 'content-type: application/grpc' \
			--data-binary "@request$i" -D "headers$i" -o /dev/null \
			http://x/containerd.services.snapshots.v1.Snapshots/Prepare &
		started+=($!)
	done
	sleep 0.05
	stop_snapshotter # running calls are answered
	for i in "${started[@]}"; do wait "$i" || true; done
	start_snapshotter
	assert_eq "$(ask List 'filters: "kind==active"' | grep -c 'name:')" "$(cat headers[0-9]* | grep -c 'grpc-status: 0')" 'each once'
	shale check >/dev/null
	stop_snapshotter
}
once_as root 'calls at the same time, and an end in the middle'

scenario() {
	needs_client
	refute "$SHALE_SNAPSHOTTER" --home "$PWD/home" --run "$PWD/run" --socket other.sock 2>error
	grep -q 'another shale-snapshotter' error
	refute "$SHALE_SNAPSHOTTER" --home "$PWD/home2" --run "$PWD/run2" --socket snapshotter.sock 2>error
	grep -q 'snapshotter.sock' error
	stop_snapshotter
	refute [ -e snapshotter.sock ]
	mkdir 'a,b'
	refute "$SHALE_SNAPSHOTTER" --home "$PWD/a,b/home" --run "$PWD/run3" --socket other.sock 2>error
	grep -q "another --home" error
	assert_eq "$("$SHALE_SNAPSHOTTER" --help | cut -c 1-6 | sed -n 1p)" usage:
	"$SHALE_SNAPSHOTTER" --version | grep -q '^shale-snapshotter [0-9]'
	status=0
	"$SHALE_SNAPSHOTTER" --nonsense 2>/dev/null || status=$?
	assert_eq $status 2
}
once_as root 'wrong options, and a store or a socket in use, are refused'

prepare_work() {
	prepare work | grep -q 'type: "bind"'
}

scenario() {
	command -v curl protoc-c >/dev/null || skip 'no curl, or no protoc-c'
	activate snapshotter.sock prepare_work "$SHALE_SNAPSHOTTER" --home "$PWD/home" --run "$PWD/run"
	stop_activated
	# A socket that is meant for another process is not used.
	LISTEN_PID=1 LISTEN_FDS=1 start_snapshotter
	ask Stat 'key: "work"' | grep -q ACTIVE
	stop_snapshotter
}
once_as 'root user' 'the service uses the socket that systemd passes, and tells when it is ready'

scenario() {
	command -v curl protoc-c >/dev/null || skip 'no curl, or no protoc-c'
	export XDG_RUNTIME_DIR=$PWD
	start_rootless containerd-rootless
	assert_unit_enters snapshotter.sock prepare_work "$SHALE_SNAPSHOTTER"
}
once_as user 'the user unit starts the service in the namespaces of rootless containerd'
