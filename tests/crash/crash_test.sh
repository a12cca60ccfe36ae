#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Kills shale before each system call that changes something. After each kill the store must be
# whole, nothing may be left over, and the same command must succeed. By hand: crash_test.sh
# [OPERATION]...; with SHALE_CRASH_EVERY=N only each Nth kill is tried (1).
. "${0%/*}/lib.sh"
. "${0%/*}/kills.sh"

# Runs the command of the operation under strace. -D makes strace a grandchild: a FUSE daemon lives
# longer than the command, and strace with it.
traced() { # STRACE-OPTION... -- runs ${command[@]}
	{ strace -D -f -qq "${full[@]}" "$@" "${command[@]}" >/dev/null 2>&1; } 2>/dev/null
}

try_every_operation "$@"
