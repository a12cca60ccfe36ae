#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Measures `shale get` of a deep layer beside mount(8) of the same stack, and `shale probe`.
#
#	tests/bench/mount-time.sh [ROUNDS]	from the tree's top, as root; SHALE=PROGRAM picks another shale
#
# The two are mounted in turn, and each line has the medians, in ms. It judges nothing.
set -eu
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
export LIBMOUNT_FORCE_MOUNT2=always # otherwise mount(8) refuses a long lowerdir=, see ../e2e/lib.sh
rounds=${1:-15}
shale=${SHALE:-$PWD/build/.libs/shale}
export LD_LIBRARY_PATH=${shale%/*}
if [ -z "${mount_time_inside-}" ]; then
	mount_time_inside=1 exec unshare --mount --propagation private bash "$0" "$@"
fi
scratch=$(mktemp -d)
mount -t tmpfs mount-time "$scratch"
trap 'cd /; umount -R -l "$scratch"; rmdir "$scratch"' EXIT
cd "$scratch"

timed() { # FILE COMMAND...: adds its microseconds to FILE
	local begin=$EPOCHREALTIME
	"${@:2}" >/dev/null
	local end=$EPOCHREALTIME
	echo $((${end/./} - ${begin/./})) >>"$1"
}

median() { # FILE
	sort -n "$1" | awk '{ all[NR] = $1 } END { printf "%.1f", all[int((NR + 1) / 2)] / 1000 }'
}

call() { # COMMAND...
	"$shale" --home "$scratch/home" --run "$scratch/run" --backend auto "$@"
}

make_layers() { # N
	local i
	call create layer1 >/dev/null
	for i in $(seq 2 "$1"); do
		call create --parent "layer$((i - 1))" "layer$i" >/dev/null
	done
}

# Prints shorter names of the layers: 500 long names do not fit into the one page of options that
# mount(8) can pass on.
short_names() { # DEPTH: prints the lowers, nearest parent first
	local i=0 link all=
	while read -rd : link; do
		ln -sfn "../home/$link" "s/$i"
		all+=:$i
		i=$((i + 1))
	done < <(cat "home/rw$1/lower"; echo :)
	echo "${all#:}"
}

make_layers 500
mkdir up wk at s
echo 'layers   shale get   mount(8)   ratio'
for depth in 20 128 500; do
	rm -f one two
	call create --rw --parent "layer$depth" "rw$depth" >/dev/null
	lower=$(short_names "$depth")
	cd s
	for _ in $(seq "$rounds"); do
		timed ../one call get "rw$depth"
		call put "rw$depth"
		timed ../two mount -t overlay -o "index=off,lowerdir=$lower,upperdir=../up,workdir=../wk" x ../at
		umount ../at
	done
	cd ..
	awk -v depth=$depth -v one="$(median one)" -v two="$(median two)" \
		'BEGIN { printf "%-6s %9s ms %9s ms %7.2f\n", depth, one, two, one / two }'
done
rm -f one two
for _ in $(seq "$rounds"); do
	rm -f run/probe-*
	timed one call probe
	timed two call probe
done
echo "probe: $(median one) ms for real, $(median two) ms from its cache"
