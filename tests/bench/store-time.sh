#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Measures the store: `apply` beside tar -x (which, unlike apply, does not sync; also with a sync)
# and `diff` beside tar -c of the same files, `changes` and `diff` of ten files over a small and a
# large layer, and small commands in a small and a large store.
#
#	tests/bench/store-time.sh [-d DIR] [FILES [LAYERS [ROUNDS]]]
#
# From the tree's top, as root; 50000 files, 5000 layers and 9 rounds unless told otherwise. Works in a tmpfs,
# or in a new directory of DIR. SHALE=PROGRAM picks another shale. What is compared runs in turn; each line has
# medians in ms and their ratio. It judges nothing.
set -eu
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
shale=${SHALE:-$PWD/build/.libs/shale}
export LD_LIBRARY_PATH=${shale%/*}
if [ -z "${store_time_inside-}" ]; then
	store_time_inside=1 exec unshare --mount --propagation private bash "$0" "$@"
fi
where=
[ "${1-}" != -d ] || { where=$2 && shift 2; }
files=${1:-50000} layers=${2:-5000} rounds=${3:-9}
scratch=$(mktemp -d ${where:+-p "$where"})
[ -n "$where" ] || mount -t tmpfs store-time "$scratch"
trap 'cd /; umount -l "$scratch" 2>/dev/null || :; rm -rf "$scratch"' EXIT
cd "$scratch"

# Runs COMMAND and adds its microseconds to the file NAME. Reads through a pipe, because GNU tar
# does not read files if it writes to /dev/null.
timed() { # NAME COMMAND...: adds its microseconds to the file NAME
	local begin=$EPOCHREALTIME
	"${@:2}" | cat >/dev/null
	local end=$EPOCHREALTIME
	echo $((${end/./} - ${begin/./})) >>"$1"
}

median() { # NAME
	sort -n "$1" | awk '{ all[NR] = $1 } END { printf "%.1f", all[int((NR + 1) / 2)] / 1000 }'
}

line() { # WORDS NAME NAME
	local ours theirs
	ours=$(median "$2") theirs=$(median "$3")
	awk -v w="$1" -v a="$ours" -v b="$theirs" 'BEGIN { printf "%-44s %9.1f %9.1f %6.2f\n", w, a, b, a / b }'
}

in_store() { # STORE COMMAND...
	"$shale" --home "$scratch/$1" --run "$scratch/$1.run" "${@:2}"
}

make_tree() { # DIR FILES
	local i
	mkdir -p "$1"
	for ((i = 0; i < $2; i += 200)); do
		mkdir "$1/d$i"
		(cd "$1/d$i" && seq 200 | split -l 1 -a 3 -)
	done
}

tar_and_sync() { # DIR FILE
	tar -C "$1" -xf "$2"
	sync -f "$1"
}

# Measures a command beside tar. Syncs before each run, so that no run waits for the writes of the
# one before. On a disk, removes nothing before the end: for five minutes after a removal, ext4
# checks each freed inode before it uses it again.
beside_tar() { # plain|gzip FILE
	local i at
	for ((i = 0; i < rounds; i++)); do
		at=$1$i
		in_store s create "$at" >/dev/null
		mkdir -p "out/$at" "synced/$at"
		sync -f .
		timed "apply.$1" in_store s apply "$at" "$2"
		timed "tar-sync.$1" tar_and_sync "synced/$at" "$2"
		timed "tar-x.$1" tar -C "out/$at" -xf "$2"
		timed "diff.$1" in_store s diff "$at"
		timed "tar-c.$1" tar -C "out/$at" -cf - .
		[ -z "$where" ] || continue
		rm -rf out synced
		in_store s rm "$at"
	done
}

ten_changes() { # small|large
	local path
	in_store s create --rw --parent "base-$1" "rw-$1" >/dev/null
	path=$(in_store s get "rw-$1")
	for name in "$path"/d0/xaa[a-j]; do
		echo changed >"$name"
	done
	in_store s put "rw-$1"
}

small_commands() { # STORE
	timed "create.$1" in_store "$1" create --rw --parent l1 new
	timed "get.$1" in_store "$1" get new
	timed "put.$1" in_store "$1" put new
	timed "rm.$1" in_store "$1" rm new
}

make_store() { # STORE LAYERS
	local i
	in_store "$1" create l1 >/dev/null
	for ((i = 2; i <= $2; i++)); do
		in_store "$1" create "l$i" >/dev/null
	done
}

make_tree tree "$files"
make_tree tiny 200
tar -C tree -cf plain.tar .
tar -C tiny -cf tiny.tar .
gzip -1k plain.tar
beside_tar plain plain.tar
beside_tar gzip plain.tar.gz
in_store s create base-large >/dev/null
in_store s create base-small >/dev/null
in_store s apply base-large plain.tar >/dev/null
in_store s apply base-small tiny.tar >/dev/null
ten_changes small
ten_changes large
for ((i = 0; i < rounds; i++)); do
	for size in small large; do
		timed "changes.$size" in_store s changes "rw-$size"
		timed "diff.$size" in_store s diff "rw-$size"
	done
done
make_store few 5
make_store many "$layers"
for ((i = 0; i < rounds; i++)); do
	small_commands few
	small_commands many
done

printf '%-44s %9s %9s %6s\n' "$files files, ms" shale tar ratio
line 'apply beside tar -x' apply.plain tar-x.plain
line 'apply beside tar -x, gzip' apply.gzip tar-x.gzip
line 'apply beside tar -x and a sync' apply.plain tar-sync.plain
line 'apply beside tar -x and a sync, gzip' apply.gzip tar-sync.gzip
line 'diff beside tar -c' diff.plain tar-c.plain
printf '%-44s %9s %9s %6s\n' 'ten files changed, ms' large small ratio
line "changes over $files files, over 200" changes.large changes.small
line "diff over $files files, over 200" diff.large diff.small
printf '%-44s %9s %9s %6s\n' 'small commands, ms' many few ratio
for command in create get put rm; do
	line "$command among $layers layers, among 5" "$command.many" "$command.few"
done
