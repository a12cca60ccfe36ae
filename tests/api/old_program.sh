#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A program that was compiled with the header of version 0.1 runs with this library.
dir=$(mktemp -d "${TMPDIR:-/tmp}/shale-api.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
"${SHALE_BUILD:-.}/old_program" "$dir"
