#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Checks that clang-format would not change any C file. usage: format.sh [--fix] [TREE]
set -u
fix='--dry-run -Werror'
[ "${1-}" != --fix ] || { fix=-i && shift; }
cd "${1:-$(dirname "$0")/../..}" || exit 1
# Other versions break lines in other places.
case $(clang-format --version) in
*'version 14.'*) ;;
*) echo 'skipped: needs clang-format 14' && exit ;;
esac
# shellcheck disable=SC2086 # $fix is two words
find common kernel fuse tools tests -name '*.[ch]' -exec clang-format $fix {} +
