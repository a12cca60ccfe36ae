#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# shale(3) names each function, struct, callback and constant of shale.h, and no others; the header's version
# is that of configure.ac. usage: api_docs.sh [TREE]. Answers in TAP.
set -u
tree=${1:-${srcdir:-$(dirname "$0")/../..}}
header=$tree/common/shale.h
page=$tree/man/shale.3
work=$(mktemp -d "${TMPDIR:-/tmp}/shale-docs.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
n=0
failed=0

same() { # LIST LIST WORDS
	n=$((n + 1))
	if diff "$work/$1" "$work/$2" >"$work/difference"; then
		echo "ok $n - $3"
	else
		sed 's/^/# /' "$work/difference"
		echo "not ok $n - $3"
		failed=1
	fi
}

names() { # PATTERN FILE
	grep -oE "$1" "$2" | sort -u
}

# Comments may name things that are declared elsewhere, and environment variables.
awk '{
	line = $0
	while (1) {
		if (inside) {
			if (!(i = index(line, "*/"))) break
			line = substr(line, i + 2); inside = 0
		}
		if (!(i = index(line, "/*"))) { print line; break }
		print substr(line, 1, i - 1)
		line = substr(line, i + 2); inside = 1
	}
}' "$header" >"$work/code"

names 'shale_[a-z0-9_]+' "$work/code" >"$work/declared"
names 'shale_[a-z0-9_]+' "$page" >"$work/explained"
same declared explained 'the page has each function, struct and callback of the header, and no others'
names 'SHALE_[A-Z0-9_]+' "$work/code" >"$work/constants"
names 'SHALE_[A-Z0-9_]+' "$page" >"$work/said"
same constants said 'the page has each constant of the header, and no others'

sed -n 's/^#define SHALE_VERSION_\(MAJOR\|MINOR\|MICRO\) //p' "$header" | paste -sd. >"$work/version"
sed -n 's/^AC_INIT(\[shale\], \[\([0-9.]*\)\].*/\1/p' "$tree/configure.ac" >"$work/configured"
same version configured 'the version of the header is that of the package'
echo "1..$n"
exit $failed
