#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Checks that clang-format would not change any C file. usage: format.sh [--fix] [TREE].
# Answers in TAP; with --fix, formats the files instead.
set -u
. "${0%/*}/tap.sh"
fix='--dry-run -Werror'
[ "${1-}" != --fix ] || { fix=-i && shift; }
cd "${1:-${srcdir:-$(dirname "$0")/../..}}" || exit 1
# Other versions break lines in other places.
case $(clang-format --version) in
*'version 14.'*) ;;
*) echo '1..0 # SKIP needs clang-format 14' && exit ;;
esac
# shellcheck disable=SC2086 # $fix is two words
find common kernel fuse tools tests -name '*.[ch]' -exec clang-format $fix {} +
r=$?
[ "$fix" != -i ] || exit $r
result $r 'clang-format would change no C file'

echo "1..$n"
exit $failed
