# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Finds the programs to test: those of `make check`, or those of the nearest build directory.

find_build() {
	local dir
	for dir in "${SHALE_BUILD-}" . "$here/../.." "$here/../../build"; do
		[ -z "$dir" ] || [ ! -e "$dir/config.status" ] || { cd "$dir" && pwd && return; }
	done
	echo .
}

if [ -z "${SHALE-}" ] || [ -z "${SHALE_FUSE-}" ]; then
	built=$(find_build)
	: "${SHALE:=$built/shale}" "${SHALE_FUSE:=$built/shale-fuse}"
	# Use the program itself: libtool's wrapper is a script that takes longer than most commands.
	if [ "$SHALE" = "$built/shale" ] && [ -x "$built/.libs/shale" ]; then
		SHALE=$built/.libs/shale
		export LD_LIBRARY_PATH=$built/.libs
	fi
fi
: "${SHALE_DOCKER:=${SHALE%/*}/shale-docker}" "${SHALE_SNAPSHOTTER:=${SHALE%/*}/shale-snapshotter}"
: "${DIFFERENTIAL:=${built:-.}/differential}" "${REFUSE:=$(find_build)/refuse}" "${ACTIVATE:=$(find_build)/activate}"
: "${POORFS:=$(find_build)/poorfs}"
export SHALE SHALE_DOCKER SHALE_SNAPSHOTTER SHALE_FUSE DIFFERENTIAL REFUSE ACTIVATE POORFS
