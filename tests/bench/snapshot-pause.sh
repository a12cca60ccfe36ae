#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Measures how long the clients of a mount wait while snapshots of it are taken, and while none are.
#
#	tests/bench/snapshot-pause.sh [FILES [SNAPSHOTS]]	from the tree's top, as root; BUILD=DIR picks another build
#
# The upper layer has FILES files (100000). Two clients make, write, read and remove a file over and over. Each line
# has a time in microseconds, and how many operations took less, but not less than half of it. It judges nothing.
set -eu
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
files=${1:-100000} snapshots=${2:-20}
build=$(realpath "${BUILD:-build}")
export LD_LIBRARY_PATH=$build/.libs SHALE_FUSE=$build/shale-fuse
if [ -z "${snapshot_pause_inside-}" ]; then
	snapshot_pause_inside=1 exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi
scratch=$(mktemp -d)
mount -t tmpfs snapshot-pause "$scratch"
trap 'cd /; umount -R -l "$scratch"; rmdir "$scratch"' EXIT
cd "$scratch"

call() { # COMMAND...
	"$build/.libs/shale" --home "$scratch/home" --run "$scratch/run" --backend fuse "$@"
}

watched() { # FILE COMMAND...: runs COMMAND beside two clients
	local i clients=()
	for i in 1 2; do
		mkfifo "stop$i"
		"$build/mount-snapshot" watch "$merged/dir" <"stop$i" >"$1.$i" &
		clients+=($!)
	done
	exec 8>stop1 9>stop2
	"${@:2}"
	exec 8>&- 9>&-
	wait "${clients[@]}"
	rm stop1 stop2
}

take_snapshots() {
	local i
	for ((i = 1; i <= snapshots; i++)); do
		call snapshot rw "snap$i" 2>>said >/dev/null
		sleep 0.2
	done
}

sum() { # FILE...
	awk '$1 == "most" { if ($2 > most) most = $2; next } { n[$1] += $2 }
		END { for (class in n) printf "%9d %d\n", class, n[class] | "sort -n"; close("sort -n"); printf "longest: %d us\n", most }' "$@"
}

call init
call create base >/dev/null
call create --rw --parent base rw >/dev/null
merged=$(call get rw)
mkdir "$merged/many" "$merged/dir"
(cd "$merged/many" && seq "$files" | xargs touch)
echo 'without snapshots'
watched quiet sleep $((snapshots / 4))
sum quiet.*
echo "with $snapshots snapshots"
watched busy take_snapshots
sum busy.*
sed -n 's/.*users waited \([0-9.]*\) s/\1/p' said | sort -n |
	awk '{ all[NR] = $1 * 1000 } END { printf "the daemon served nobody for %.2f ms (median), %.2f ms (most)\n", all[int((NR + 1) / 2)], all[NR] }'
call put rw
