#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes one system call of shale fail. The command must report that in one clear line, or succeed if
# it can do without the call. The store must be whole, without leftovers, and the same command must
# then work. All of it by hand: errors_test.sh all [OPERATION]...; without arguments a sample of
# SHALE_CRASH_SAMPLE points (20), the same ones for the same SHALE_CRASH_SEED. SHALE_CRASH_FAULTS:
# only these errors. SHALE_CRASH_CALLS: only these system calls.
. "${0%/*}/lib.sh"
. "${0%/*}/points.sh"
# Checks that a failed command has printed one line, perhaps a second one with the remedy, and
# nothing more.
examine_words() { # STATUS
	[ "$1" -le 1 ] || echo "exit status $1"
	[ "$1" = 0 ] && [ -s "$dir/err" ] && [ "$operation" != repair ] && sed 's/^/it says: /' "$dir/err"
	[ "$1" = 0 ] && return
	grep -qE '^shale: .' "$dir/err" || [ "$operation" = repair ] || echo 'it does not say why'
	[ "$(wc -l <"$dir/err")" -le 2 ] || echo 'it says too much'
	grep -E 'Success|error -?[0-9]|Unknown error' "$dir/err"
}

try_point() { # OPERATION THREADS CALL NUMBER FAULT
	local operation=$1 status what
	prepare "$1"
	command_of "$1"
	traced "$2" -o /dev/null -e "inject=$3:error=$5:when=$4"
	status=$?
	what=$(
		examine_words $status
		[ "$status" = 1 ] || [ "$(state "$1")" = after ] || echo 'nothing was done, and it does not say so'
		[ "$status" = 0 ] || [[ $1 != get* ]] || [ "$(state "$1")" = before ] || echo 'failed, but mounted'
		examine "$1" 2>&1)
	[ -z "$what" ] || printf '%s number %d of %s threads: %s\n%s\n' "$3" "$4" "$2" "$(cat "$dir/err")" "$what"
}

all=0
[ "${1:-}" != all ] || { all=1; shift; }
make_template >/dev/null
for operation in ${*:-$operations}; do
	prepare "$operation"
	points_of "$operation"
done | choose >"$dir/points"
for operation in $(cut -d ' ' -f 1 "$dir/points" | uniq); do
	prepare "$operation"
	content_before=$(content "$operation")
	for fault in $faults; do
		problems= n=0
		while read -r point; do
			# shellcheck disable=SC2086
			problems+=$(try_point $point </dev/null)
			n=$((n + 1)) tried=$((tried + 1))
		done < <(grep "^$operation .* $fault\$" "$dir/points")
		[ $n = 0 ] || result "$n calls of $operation can fail with $fault" "$problems"
	done
done
finish
