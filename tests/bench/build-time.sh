#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Measures what a step of a build costs: `buildah bud` of six steps `RUN echo` with shale-fuse, fuse-overlayfs,
# other programs with their command line (NAME=PROGRAM), and the kernel's overlayfs.
#
#	tests/bench/build-time.sh [-d DIR] [FILES [ROUNDS [NAME=PROGRAM...]]]
#
# From the tree's top, as root; an image of 9000 files (Debian's minbase) and 5 rounds unless told otherwise.
# Works in a tmpfs, or in a new directory of DIR. SHALE_FUSE=PROGRAM picks another shale-fuse. The sides build in
# turn; each line has the median of a step in ms, and its ratio to fuse-overlayfs. It judges nothing.
set -eu
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
here=$(realpath "$(dirname "$0")")
if [ -z "${build_time_inside-}" ]; then
	build_time_inside=1 exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
		bash "$here/build-time.sh" "$@"
fi
. "$here/sides.sh"
. "$here/../engines/lib-engines.sh"
. "$here/../engines/lib-rootfs.sh"

steps=6 where=
[ "${1-}" != -d ] || { where=$2 && shift 2; }
files=${1:-9000} rounds=${2:-5}
find_sides "$(realpath "${SHALE_FUSE:-$PWD/build/shale-fuse}")"
sides=(kernel shale)
[ -z "${programs[fuse-overlayfs]-}" ] || sides+=(fuse-overlayfs)
for argument in "${@:3}"; do
	sides+=("${argument%%=*}") programs[${argument%%=*}]=${argument#*=}
done
scratch=$(mktemp -d ${where:+-p "$where"})
[ -n "$where" ] || mount -t tmpfs -o size=2G build-time "$scratch"
trap 'cd /; umount -l "$scratch" 2>/dev/null || :; rm -rf "$scratch"' EXIT
cd "$scratch"

make_image() { # prints the base image's tar: programs, and files in directories of some twenty
	local i
	make_rootfs rootfs
	for ((i = 0; i < files; i += 20)); do
		mkdir -p "rootfs/usr/share/d$((i / 400))/d$i"
		(cd "rootfs/usr/share/d$((i / 400))/d$i" && seq 20 | split -l 1 -)
	done
	tar -C rootfs -cf base.tar .
}

prepare() { # SIDE
	SHALE_FUSE=${programs[$1]-} configure_engine "$1"
	engine "$1" podman import -q "$scratch/base.tar" base:1 >/dev/null
}

build() { # SIDE ROUND: adds its microseconds to the file SIDE.times
	local begin=$EPOCHREALTIME end
	engine "$1" buildah bud -q --isolation chroot --layers --no-cache -t "built:$2" context >/dev/null
	end=$EPOCHREALTIME
	echo $((${end/./} - ${begin/./})) >>"$1.times"
}

step() { # SIDE: the median of a step, in ms
	sort -n "$1.times" | awk -v steps="$steps" '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] / steps / 1000 }'
}

make_image
mkdir context
{ echo FROM localhost/base:1 && for ((i = 0; i < steps; i++)); do echo "RUN echo $i >/srv/step-$i"; done; } >context/Containerfile
for side in "${sides[@]}"; do
	prepare "$side"
done
for ((round = 0; round < rounds; round++)); do
	for side in "${sides[@]}"; do
		build "$side" "$round"
	done
done
other=$(step "${sides[-1]}")
[ ! -e fuse-overlayfs.times ] || other=$(step fuse-overlayfs)
printf '%-20s %12s %8s\n' "$files files" 'ms a step' ratio
for side in "${sides[@]}"; do
	awk -v s="$side" -v a="$(step "$side")" -v b="$other" 'BEGIN { printf "%-20s %12.1f %8.2f\n", s, a, a / b }'
done
for side in "${sides[@]}"; do
	umount "$side/root/overlay" 2>/dev/null || :
done
