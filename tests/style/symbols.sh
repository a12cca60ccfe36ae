#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Checks the symbols of libshale: the map, the shared and the static library have those of shale.h
# and of the version before it, and no others. usage: symbols.sh [TREE [BUILD]]. Answers in TAP.
set -u
. "${0%/*}/tap.sh"
tree=${1:-${srcdir:-$(dirname "$0")/../..}}
build=${2:-${SHALE_BUILD:-.}}
work=$(mktemp -d "${TMPDIR:-/tmp}/shale-symbols.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
# Compares two sorted lists, and prints the lines that each lacks as a comment.
same() { # LIST LIST WORDS
	diff "$work/$1" "$work/$2" >"$work/difference"
	status=$?
	sed 's/^/# /' "$work/difference"
	result $status "$3"
}

# Prints a header's functions by symbol: SHALE_V1 gives a function another symbol than its name.
symbols_of() { # HEADER
	sed '/^#/d' "$1" | tr '\n\t' '  ' | grep -oE 'SHALE_API [^;]*;' |
		sed -nE 's/.*SHALE_V1\(([a-z0-9_]+)\).*/\1_v1/p; t; s/[^(]*[ *](shale_[a-z0-9_]+)\(.*/\1/p' |
		sort
}

map_of() { # VERSION
	sed -n "/^$1 {/,/^}/s/^\t\(shale_[a-z0-9_]*\);.*/\1/p" "$tree/common/shale.map" | sort
}

symbols_of "$tree/common/shale.h" >"$work/header"
symbols_of "$tree/tests/api/shale-0.1.h" >"$work/old"
map_of SHALE_0.1 >"$work/map-0.1"
sort -u "$work/header" "$work/old" >"$work/both"
sort -u "$work/map-0.1" - >"$work/map" <<END
$(map_of SHALE_1.0)
END
[ "$(wc -l <"$work/header")" -gt 30 ]
result $? 'functions are found in the header'
same old map-0.1 'version 0.1 in the map is what its header had'
same both map 'the map has the functions of shale.h and of the version before, and no others'

nm -D --defined-only "$build/.libs/libshale.so" | sed -n 's/.* [TW] \([^@]*\)@.*/\1/p' | sort >"$work/shared"
same map shared 'the shared library exports the map, and nothing else'
# A build with --disable-static has no static library.
if [ -e "$build/.libs/libshale.a" ]; then
	nm -g --defined-only "$build/libshale-api.a" | sed -n 's/^[0-9a-f]* [A-Z] //p' | sort >"$work/static"
	same map static 'the static library exports the map, and nothing else'
fi
echo "1..$n"
exit $failed
