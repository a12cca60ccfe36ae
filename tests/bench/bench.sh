#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The benchmark: does the same work in turn on a native directory, on the kernel's overlayfs, on
# shale-fuse, and on other FUSE overlays that are installed. Each session begins with a fresh copy
# of one image, so that each side finds the same tree, and nothing is cached.
set -u

usage() {
	cat <<-'END'
		usage: bench.sh [-q] [-r ROUNDS] [-n FILES] [-S PERCENT] [-m MODES] [-s SESSIONS] [-x SIDES]
		                [-o OPTIONS] [-d DIR] [-u] [-b LOOPS] [-c OLD] [NAME=PROGRAM...]

		  -q           quick: few files, little work, two rounds
		  -r ROUNDS    how often everything is done (the sides in turn within each); medians count
		  -n FILES     in the tree
		  -S PERCENT   of the usual number of operations
		  -m MODES     "pinned" (client and daemon on one processor), "free", or both
		  -s SESSIONS  read write copy-up data programs mount
		  -x SIDES     which to compare; kernel is needed
		  -o OPTIONS   more mount options for shale-fuse
		  -u           mount and work as root of a user namespace
		  -d DIR       where the images lie (/dev/shm), a few hundred MB
		  -b LOOPS     beside so many busy loops
		  -c OLD       compare with OLD, a shale-fuse of before, and say which rows moved

		NAME=PROGRAM is another program with the command line of fuse-overlayfs. Root is needed.
		In the environment: SHALE_FUSE, SHALE_BENCH (where bench-work and bench-report are, and where
		the results go: bench.txt, bench.json, bench-MODE.svg).
	END
}

here=$(realpath "$(dirname "$0")")
export LIBMOUNT_FORCE_MOUNT2=always # otherwise mount(8) refuses a long lowerdir=, see ../e2e/lib.sh
. "$here/sides.sh"

rounds=3 files=30000 scale=100 modes='pinned free' sessions='read write copy-up data programs mount'
image_root=/dev/shm only= old= loops=0 shale_options= rootless= holder= layers=20 layer_counts='1 20 128 500'
while getopts qr:n:S:m:s:x:o:d:ub:c:h option; do
	case $option in
	q) rounds=2 files=6000 scale=20 ;;
	r) rounds=$OPTARG ;;
	n) files=$OPTARG ;;
	S) scale=$OPTARG ;;
	m) modes=$OPTARG ;;
	s) sessions=$OPTARG ;;
	x) only=$OPTARG ;;
	o) shale_options=,$OPTARG ;;
	d) image_root=$OPTARG ;;
	u) rootless=yes ;;
	b) loops=$OPTARG ;;
	c) old=$(realpath "$OPTARG") ;;
	h) usage && exit ;;
	*) usage >&2 && exit 2 ;;
	esac
done

results=$(realpath "${SHALE_BENCH:-.}")
work=$results/bench-work report=$results/bench-report
find_sides "$(realpath "${SHALE_FUSE:-$results/shale-fuse}")"
for argument in "${@:OPTIND}"; do
	case $argument in
	*=*) sides+=("${argument%%=*}") programs[${argument%%=*}]=${argument#*=} ;;
	*) usage >&2 && exit 2 ;;
	esac
done
[ -z "$old" ] || sides=(kernel shale old) programs[old]=$old
[ -z "$only" ] || read -ra sides <<<"$only"

if [ "$(id -u)" != 0 ]; then
	echo 'bench: needs root, for its images and the kernel mounts' >&2
	exit 1
fi
# Run in a pid namespace: its mounts and daemons end with this script, however the script ends.
if [ -z "${BENCH_INSIDE-}" ]; then
	BENCH_INSIDE=1 exec unshare --mount --pid --fork --kill-child --mount-proc "$BASH" "$0" "$@"
fi

scratch=$(mktemp -d "$image_root/shale-bench.XXXXXX") || exit 1
image_dir=$scratch/mounted
clean_up() {
	[ -z "$holder" ] || kill "$holder"
	umount -l "$image_dir/merged" "$image_dir" 2>/dev/null
	rm -rf --one-file-system "$scratch"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP
mkdir "$image_dir"
export HOME=$scratch GIT_CONFIG_NOSYSTEM=1 LC_ALL=C

# Starts a process in a user namespace of root's, and in a mount namespace that also sees mounts
# that are made outside.
hold_namespace() {
	local tries
	mount --make-rshared / || return
	unshare --user --mount --propagation slave sleep infinity &
	holder=$!
	for ((tries = 0; tries < 100; tries++)); do
		[ "$(readlink "/proc/$holder/ns/user")" = "$(readlink /proc/self/ns/user)" ] || break
		sleep 0.05
	done
	echo '0 0 65536' >"/proc/$holder/uid_map" && echo '0 0 65536' >"/proc/$holder/gid_map"
}

note() {
	printf 'bench: %s\n' "$*" >&2
}

make_image() { # NAME SIZE
	truncate -s "$2" "$scratch/$1" &&
		mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 -N 200000 "$scratch/$1" &&
		mount -o loop "$scratch/$1" "$image_dir" &&
		mkdir "$image_dir"/{native,l,upper,work,merged}
}

# Adds a repository, a source file with many headers, a program, and a place for packages to the
# native directory and to the lowest layer.
add_programs() {
	local i dir=$image_dir/native
	mkdir "$dir/repository" "$dir/source"
	mkdir -p "$dir"/system/var/lib/dpkg/{info,updates,triggers} &&
		touch "$dir"/system/var/lib/dpkg/{status,available} || return
	(
		cd "$dir/repository" && git init -q . && git config user.name bench &&
			git config user.email bench@localhost && git config gc.auto 0 || exit
		for ((i = 0; i < 2000; i++)); do
			echo "file $i" >file-$i
		done
		git add . && git commit -q -m first
	) || return
	for ((i = 0; i < 100; i++)); do
		echo "static inline int f$i(int x) { return x + $i; }" >"$dir/source/h$i.h"
		echo "#include \"h$i.h\"" >>"$dir/source/program.c"
	done
	for ((i = 0; i < 200; i++)); do
		echo "int g$i(int x) { return f$((i % 100))(x) * x; }" >>"$dir/source/program.c"
	done
	cp /bin/true "$dir/" && cp -a "$dir"/{repository,source,system,true} "$image_dir/l/$((layers - 1))/"
}

make_packages() {
	local i n dir=$scratch/package
	mkdir -p "$dir/DEBIAN" "$scratch/packages" || return
	for ((i = 0; i < 20; i++)); do
		printf '%s\n' "Package: bench$i" 'Version: 1' 'Architecture: all' 'Maintainer: bench <bench@localhost>' \
			'Description: small files' >"$dir/DEBIAN/control"
		rm -rf "$dir/usr" && mkdir -p "$dir/usr/share/bench$i"
		for ((n = 0; n < scale; n++)); do
			echo "file $n of package $i" >"$dir/usr/share/bench$i/file-$n"
		done
		dpkg-deb --build --root-owner-group -Zgzip "$dir" "$scratch/packages/$i.deb" >/dev/null || return
	done
	rm -rf "$dir"
}

make_archive() {
	local entries=$((scale * 100))
	"$work" --tree "$scratch/archive" "$entries" 1 &&
		mv "$scratch/archive/native" "$scratch/archive/untarred" &&
		tar -cf "$scratch/small.tar" -C "$scratch/archive" untarred && rm -rf "$scratch/archive"
}

make_images() {
	local i
	note "making a tree of $files files in $layers layers"
	make_image tree.img 3G && "$work" --tree "$image_dir" "$files" "$layers" && add_programs &&
		umount "$image_dir" || return
	make_image data.img 3G && mkdir "$image_dir/l/0" &&
		head -c $((256 * scale / 100))M /dev/urandom >"$image_dir/l/0/data" &&
		cp "$image_dir/l/0/data" "$image_dir/native/" && umount "$image_dir" || return
	make_image mount.img 1G || return
	for ((i = 0; i < 500; i++)); do
		mkdir "$image_dir/l/$i" && : >"$image_dir/l/$i/file-$i"
	done
	umount "$image_dir" && mkdir "$scratch/archive" && make_archive && make_packages
}

# A loop device may be released late, so that umount fails for a while: try again.
umount_image() {
	local tries
	for ((tries = 0; tries < 100; tries++)); do
		umount "$image_dir" 2>/dev/null && return
		sleep 0.05
	done
	umount -l "$image_dir"
}

# Adds the result lines of a session to the samples, each with mode, round and side in front.
keep() { # SIDE
	local line
	while IFS= read -r line; do
		printf '%s\t%s\t%s\t%s\n' "$mode" "$round" "$1" "$line" >>"$results/bench.samples"
	done
}

# Records how much memory the daemon uses after the work, when it knows all files.
keep_memory() { # SIDE
	local peak
	peak=$(sed -n 's/^VmHWM:[[:space:]]*//p' "/proc/$daemon/status")
	memory[$1]="$peak at the most, $(find "/proc/$daemon/fd" -mindepth 1 | wc -l) descriptors"
}

do_session() { # SESSION SIDE
	local count=$layers image=tree.img
	[ "$1" != data ] || count=1 image=data.img
	cp --sparse=always "$scratch/$image" "$scratch/image" && mount -o loop "$scratch/image" "$image_dir" ||
		return
	if mount_side "$2" "$count"; then
		(within "${pin[@]}" "$work" ${daemon:+-p "$daemon"} -f "$files" -S "$scale" \
			-t "$scratch/small.tar" -d "$scratch/packages" ${stats_of[$2]:+-s "$scratch/stats"} \
			"$1" "$target") | keep "$2"
		[ -z "$daemon" ] || [ "$1" != read ] || keep_memory "$2"
		umount_side "$2"
	fi
	umount_image
}

# Measures the mount itself, with the program started as users start it.
do_mounts() { # SIDE
	local count command
	[ "$1" != native ] || return 0
	cp --sparse=always "$scratch/mount.img" "$scratch/image" &&
		mount -o loop "$scratch/image" "$image_dir" || return
	for count in $layer_counts; do
		mount_command "$1" "$count" ''
		(cd "$image_dir" && within "${pin[@]}" "$work" --time "mount-$count" "${command[@]}" 2>/dev/null) |
			keep "$1"
		! (within mountpoint -q "$image_dir/merged") || (within umount "$image_dir/merged")
		# The daemon closes the layers only after the unmount: wait until it has ended.
		while pgrep -f ' merged$' >/dev/null; do
			sleep 0.01
		done
	done
	umount_image
}

# Does one round: all sides in turn. Each round begins with another side, so that no side always
# comes first.
do_round() {
	local session i side
	for session in $sessions; do
		for ((i = 0; i < ${#sides[@]}; i++)); do
			side=${sides[(i + round) % ${#sides[@]}]}
			if [ "$session" = mount ]; then
				do_mounts "$side"
			else
				do_session "$session" "$side"
			fi
		done
	done
}

declare -A stats_of=([shale]=yes) memory
[ -z "$rootless" ] || hold_namespace || {
	note 'could not make a user namespace'
	exit 1
}
make_images || {
	note 'could not make the images'
	exit 1
}
for ((i = 0; i < loops; i++)); do
	while :; do :; done &
done
: >"$results/bench.samples"
for ((round = 0; round < rounds; round++)); do
	for mode in $modes; do
		note "round $((round + 1)) of $rounds, $mode"
		pin=()
		[ "$mode" = free ] || pin=(taskset -c "$(($(nproc) - 1))")
		do_round
	done
done
{
	echo "$(uname -sr), $(nproc) processors, $files files in $layers layers, $rounds rounds, scale $scale %"
	"$report" "$results/bench.samples" kernel "$results/bench"
	[ -z "$old" ] || "$report" "$results/bench.samples" old --changes shale
	for side in "${!memory[@]}"; do
		echo "$side, when it knows all files: ${memory[$side]}"
	done
} | tee "$results/bench.txt"
