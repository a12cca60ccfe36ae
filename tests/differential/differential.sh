#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs the differential test in make check. To run it by hand, see differential --help.
set -u
here=$(cd "${0%/*}/../e2e" && pwd) || exit 1
. "$here/lib-programs.sh"
tests=0 bad=0
# LeakSanitizer looks for its process in /proc, but the /proc here belongs to another pid namespace.
export ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}

rounds() { # CLAIM OPTION...
	local claim=$1 out status
	shift
	tests=$((tests + 1))
	out=$("$DIFFERENTIAL" --fuse-program "$SHALE_FUSE" --shrink 60 "$@" 2>&1)
	status=$?
	if [ $status = 0 ]; then
		echo "ok $tests - $claim"
	elif [ $status = 77 ] && [ "${SHALE_MUST_RUN:-0}" != 1 ]; then
		echo "ok $tests - $claim # SKIP ${out%%$'\n'*}"
	else
		echo "not ok $tests - $claim"
		bad=1
	fi
	printf '%s\n' "$out" | sed 's/^/# /'
}

if [ "$(id -u)" != 0 ]; then
	echo '1..0 # SKIP needs root'
	exit
fi
if [ ! -x "$SHALE_FUSE" ] && [ "${SHALE_MUST_RUN:-0}" != 1 ]; then
	echo "1..0 # SKIP no program $SHALE_FUSE"
	exit
fi
disk=$(mktemp -d "${TMPDIR:-/tmp}/differential-disk.XXXXXX") || exit 1
chmod 755 "$disk"
trap 'rm -rf --one-file-system "$disk"' EXIT

rounds 'the kernel agrees with itself: the test tells nothing else apart' --both kernel --rounds 20
rounds '200 rounds of random work do not differ' --seed 1 --rounds 200
rounds '20 rounds with O_TMPFILE do not differ' --seed 1001 --rounds 20 --tmpfile
rounds '10 rounds without anything that makes it fast do not differ' --seed 1101 --rounds 10 --fuse-options \
	without=open+dirs+plus+negative+links+parallel+readahead+writers+xattrs+reader+splice,descriptors=16,timeout=0
rounds '20 rounds on the disk do not differ' --seed 2001 --rounds 20 --dir "$disk"
rounds '20 rounds in which upper becomes a lower layer do not differ' --seed 5000 --rounds 20 --restack
rounds '40 rounds with redirects and metacopies do not differ' --seed 7000 --rounds 40 --restack \
	--options redirect_dir=on,metacopy=on
rounds '60 rounds with an index do not differ' --seed 8000 --rounds 60 --options index=on
rounds '10 rounds with an index and without what makes it fast do not differ' --seed 8100 --rounds 10 \
	--options index=on --fuse-options \
	without=open+dirs+plus+negative+links+parallel+readahead+writers+xattrs,descriptors=16,timeout=0
rounds '40 rounds in a user namespace do not differ' --seed 3001 --rounds 40 --userns
rounds '100 rounds as a plain user do not differ' --seed 9001 --rounds 100 --plain
echo "1..$tests"
exit $bad
