#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# `make style`: names every function over 60 lines and every source file over 500. usage: size.sh
# [TREE]. Answers in TAP.
set -u
. "${0%/*}/tap.sh"
cd "${1:-${srcdir:-$(dirname "$0")/../..}}" || exit 1

found=$(find common kernel fuse tools tests -name '*.[ch]' -exec awk '
	FNR == 1 { finish(); file = FILENAME; before = "" }
	/^\{/ { start = FNR; name = before }
	/^}/ && start {
		length_ = FNR - start + 1
		if (length_ > 60)
			printf "%s:%d: a function of %d lines: %s\n", FILENAME, start, length_, name
		start = 0
	}
	/^[A-Za-z_].*\(/ { before = $0 }
	{ lines = FNR }
	END { finish() }
	function finish() {
		if (file != "" && lines > 500)
			printf "%s: %d lines\n", file, lines
	}' {} + | sort)
[ -z "$found" ] || echo "$found" | sed 's/^/# /'
[ -z "$found" ]
result $? 'no function is over 60 lines, and no file over 500'

echo "1..$n"
exit $failed
