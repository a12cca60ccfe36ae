#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Checks that the programs have the messages that doc/trouble.md explains: each is found in the
# sources, where a format can stand for `...`.
set -u
top=${1:-$(dirname "$0")/../..}
. "$(dirname "$0")/tap.sh"
sources=$(mktemp) && found=$(mktemp) || exit 1
trap 'rm -f "$sources" "$found"' EXIT

# Collect the strings of all sources; joins those of several lines.
cat "$top"/common/*.c "$top"/common/*/*.c "$top"/common/*/*/*.c "$top"/kernel/*.c "$top"/kernel/*/*.c "$top"/fuse/*/*.c \
	"$top"/fuse/*/*/*.c "$top"/tools/*.c "$top"/tools/*/*.c "$top"/tools/*/*/*.c 2>/dev/null | tr -d '\n\t' |
	sed 's/" *\(PRI[a-z0-9]*\)\{0,1\} *"//g' >"$sources"

# Turns a message of the page into a pattern: `...` is anything within a string.
pattern() {
	printf '%s\n' "$1" | sed 's/[][*^$\\]/\\&/g; s/\.\.\./@ANY@/g; s/\./\\./g; s/@ANY@/[^"]*/g'
}

messages=$(sed -n 's/^| `\([^`]*\)` |.*/\1/p' "$top/doc/trouble.md")
[ "$(printf '%s\n' "$messages" | wc -l)" -ge 20 ]
result $? 'doc/trouble.md explains messages'
printf '%s\n' "$messages" >"$found"
while IFS= read -r message; do
	grep -q -e "$(pattern "$message")" "$sources"
	result $? "a program says: $message"
done <"$found"
echo "1..$n"
exit $failed
