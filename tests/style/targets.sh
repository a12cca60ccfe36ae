#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Checks that `make help` names every target for users, and no other.
set -u
top=${1:-$(dirname "$0")/../..}
. "$(dirname "$0")/tap.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

find "$top" -path "$top/build*" -prune -o -name '*.am' -exec sed -n 's/^\.PHONY: //p' {} + | tr ' ' '\n' | sort -u >"$work/targets"
sed -n 's/^make \([a-z0-9-]*\)  .*/\1/p' "$top/packaging/targets" | sort -u >"$work/help"
missing=$(comm -23 "$work/targets" "$work/help" | xargs)
[ -z "$missing" ]
result $? 'make help names every target'
[ -z "$missing" ] || echo "# missing: $missing"
# automake makes these targets itself.
other=$(comm -13 "$work/targets" "$work/help" | grep -vxE 'install|dist|check' | xargs)
[ -z "$other" ]
result $? 'make help names no target that is not there'
[ -z "$other" ] || echo "# not there: $other"
echo "1..$n"
exit $failed
