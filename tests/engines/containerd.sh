#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# containerd with shale as its snapshotter: images, containers, commits, many at once, and restarts of
# both. At the end nothing is left.
. "${0%/*}/../e2e/lib.sh"
. "$here/../engines/lib-containerd.sh"

assert_run() { # NAME WANTED COMMAND...
	assert_eq "$(run_container app:1 "$1" "${@:3}" 2>&1)" "$2" "of ${*:3}"
}

containers() {
	assert_run one text /bin/cat /srv/file
	refute run_container app:1 two /bin/cat /etc/gone
	ctr run -d --snapshotter shale "$image" long /bin/sleep 1000
	ctr task exec --exec-id a long /bin/sh -c 'echo before >/before; rm /srv/file; ln /before /linked'
	assert_eq "$(snapshots usage -b long | awk 'NR == 2 { print ($3 > 2) }')" 1 'inodes of the container'
}

# Restarts each of the two services while a container runs. The container goes on, and its mounts
# stay the same.
restarts() {
	local before
	before=$(snapshots mounts "$PWD/anywhere" long)
	stop_snapshotter
	start_containerd_snapshotter
	snapshotter_is_back
	ctr task exec --exec-id b long /bin/sh -c 'echo after >/after'
	assert_eq "$(snapshots mounts "$PWD/anywhere" long)" "$before" 'mounts'
	stop_containerd
	kill -KILL $snapshotter
	wait $snapshotter || true
	start_containerd_snapshotter
	start_containerd
	assert_eq "$(snapshots mounts "$PWD/anywhere" long)" "$before" 'mounts'
	# Try this often, because ctr 2.1 sometimes loses the output of a command.
	ctr task exec --exec-id c long /bin/sh -c '[ "$(cat /before /after /linked | tr "\n" " ")" = "before after before " ]'
	assert_run again text /bin/cat /srv/file
}

# Commits a container's files as an image's layer, and uses them in another container.
commits() {
	end_container long
	snapshots prepare work "$(snapshots ls | awk '$3 == "Committed" && $2 != "" { print $1 }')" >/dev/null
	mkdir at
	eval "$(snapshots mounts "$PWD/at" work | sed 's/^mount -t fuse3[.]//')"
	echo committed >at/srv/new
	rm at/srv/file
	umount at
	snapshots commit done work
	refute snapshots info work
	assert_eq "$(snapshots info done | jq -r .Kind)" Committed
	assert_clear 'already exists' snapshots prepare done ''
	assert_clear 'not found' snapshots prepare next nobody
	assert_clear 'not found' snapshots info nobody
	snapshots prepare next done >/dev/null
	assert_clear 'cannot remove snapshot' snapshots rm done
	assert_eq "$(cat home/"$(snapshots mounts at next | grep -o 'lowerdir=[^:,]*' | grep -o 'ctr-[a-z0-9]*')"/diff/srv/new)" committed
	snapshots view seen done >/dev/null
	snapshots label done color=red >/dev/null
	assert_eq "$(snapshots info done | jq -r .Labels.color)" red
	# The view may be removed already: containerd's next collection removes a view without a
	# lease.
	snapshots rm seen || refute snapshots info seen
	snapshots rm next done
}

assert_clear() { # WORDS COMMAND...
	local said
	said=$("${@:2}" 2>&1) && assert_eq "$said" 'an error' "of ${*:2}"
	[[ $said == *"$1"* ]] || assert_eq "$said" "... $1 ..." "of ${*:2}"
}

# Starts fifty containers, ten at a time.
together() {
	local i from started
	for from in 1 11 21 31 41; do
		started=()
		for i in $(seq $from $((from + 9))); do
			run_container app:1 "many$i" /bin/sh -c "echo $i >/mine && cat /mine" >"said$i" 2>&1 &
			started+=($!)
		done
		for i in "${started[@]}"; do
			wait "$i"
		done
	done
	assert_eq "$(for i in {1..50}; do cat "said$i"; done)" "$(seq 50)"
}

# Runs a container in a user namespace, of which containerd knows from 1.7 on. The layer's files
# keep the image's owners on the disk.
mapped() {
	local pid
	has_diff_proxies || return 0
	ctr run -d --snapshotter shale --remap-labels --uidmap 0:100000:65536 --gidmap 0:100000:65536 "$image" mapped /bin/sleep 1000
	ctr task exec --exec-id m mapped /bin/sh -c 'echo mine >/mine && [ "$(cat /mine /srv/file | tr "\n" " ")" = "mine text " ]'
	pid=$(ctr task ls | awk '$1 == "mapped" { print $2 }')
	assert_eq "$(stat -c %u "/proc/$pid")" 100000
	assert_eq "$(stat -c %u:%g home/*/diff/mine)" 0:0 'owners on the disk'
	[ "$backend" != kernel ] || grep -q " $PWD/home/.*/merged .* overlay " /proc/self/mountinfo
	end_container mapped
}

# More layers than containerd can name in a mount: it unpacks, runs, compares and removes them.
deep() {
	ctr image import --snapshotter shale deep.tar >/dev/null
	assert_eq "$(run_container deep:1 deep /bin/sh -c 'cat /srv/1 /srv/150 /srv/220 /srv/last | tr "\n" " "')" '1 150 220 220 '
	ctr run -d --snapshotter shale "${image/app/deep}" lasting /bin/sleep 1000
	ctr task exec --exec-id a lasting /bin/sh -c 'echo new >/srv/new; rm /srv/1'
	stop_snapshotter
	start_containerd_snapshotter
	snapshotter_is_back
	ctr task exec --exec-id b lasting /bin/sh -c '[ "$(cat /srv/new /srv/last | tr "\n" " ")" = "new 220 " ] && [ ! -e /srv/1 ]'
	[ "$backend" != kernel ] || grep -q " $PWD/home/.*/merged .* overlay " /proc/self/mountinfo
	snapshots diff lasting >lasting.tgz
	assert_eq "$(tar -tzf lasting.tgz | grep ^srv | sort | tr '\n' ' ')" 'srv/ srv/.wh.1 srv/new '
	end_container lasting
}

# Waits for containerd's next collection, which removes unused snapshots, and checks that nothing is
# left.
assert_empty() {
	local i
	ctr image rm --sync "$image" "${image/app/deep}" >/dev/null
	# shellcheck disable=SC2034 # a count
	for i in {1..100}; do
		! compgen -G 'home/ctr-*' >/dev/null || { sleep 0.1 && continue; }
		break
	done
	assert_eq "$(snapshots ls | wc -l)" 1 'snapshots'
	assert_names home 'images l shale.json staging trash'
	assert_no_rubbish
}

start_containerd_snapshotter() {
	start_snapshotter --containerd "$PWD/containerd/socket" --metrics metrics.sock
}

# Checks that our diff service unpacks layers and makes them, if containerd can use one.
assert_own_diffs() {
	has_diff_proxies || return 0
	[ "$(calls_of Diff/Apply)" -ge 2 ]
	snapshots prepare changed "$(snapshots ls | awk '$3 == "Committed" && $2 != "" { print $1 }')" >/dev/null
	echo changed >"home/$(snapshots mounts at changed | grep -o 'upperdir=[^,]*' | grep -o 'ctr-[a-z0-9]*')/diff/changed"
	snapshots diff changed >changed.tgz
	assert_eq "$(tar -tzf changed.tgz)" changed
	assert_eq "$(calls_of Diff/Diff)" 1
	snapshots rm changed
}

scenario() {
	local before
	command -v containerd ctr runc jq mount.fuse3 >/dev/null || skip 'no containerd here (containerd, runc, jq, fuse3)'
	make_image
	make_deep_image
	prepare_containerd
	start_containerd_snapshotter
	before=$(open_files)
	start_containerd
	CONTAINERD_ADDRESS=$PWD/containerd/socket shale engine containerd --socket "$PWD/snapshotter.sock"
	ctr image import --snapshotter shale app.tar >/dev/null
	assert_own_diffs
	containers
	restarts
	commits
	mapped
	deep
	together
	shale check >/dev/null
	assert_open_files "$before"
	assert_empty
	stop_containerd
	stop_snapshotter
	assert_eq "$(cat snapshotter.log)" '' 'what the snapshotter had to say'
	refute pgrep -x shale-fuse
	refute grep -q " $PWD/home/.*/merged " /proc/self/mountinfo
	refute grep -q "$PWD/containerd/state/.*rootfs" /proc/self/mountinfo
}
on_each_backend 'containerd with shale: import, run, commit, label, remove, restarts, 50 containers'
