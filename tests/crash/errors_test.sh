#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes one system call of shale fail, and asks each time: does shale say so in one clear line, or go on
# as if nothing had happened where it may; is the store whole, is nothing left over, does the same command
# work now?
# By hand, the whole matrix: errors_test.sh all [OPERATION]...; without arguments a sample of it,
# SHALE_CRASH_SAMPLE points (20), the same ones for the same SHALE_CRASH_SEED.
# SHALE_CRASH_FAULTS: only these errors. SHALE_CRASH_CALLS: only these system calls.
. "${0%/*}/lib.sh"
faults=${SHALE_CRASH_FAULTS:-ENOSPC EIO EDQUOT EINTR}
sample=${SHALE_CRASH_SAMPLE:-20} seed=${SHALE_CRASH_SEED:-1}
# What the C library calls to manage memory, threads and descriptors fails in no such way; what strace does not
# know (syscall_0x1d1), it cannot make fail.
never='^(mmap|munmap|mremap|mprotect|madvise|brk|futex|rseq|set_.*|rt_sig.*|exit.*|execve|arch_prctl|clone.*
|syscall_.*|close|fcntl|get.*id|gettid|getrandom|prlimit64|umask|access|uname|sched_.*|clock_.*|wait4|vfork|restart_.*)$'
never=${never//$'\n'/}

# Counts are a thread's own. Those of all but the first are injected into all of them. -D: a FUSE daemon lives on
# after the command, and strace with it.
traced() { # FIRST|ALL STRACE-OPTION... -- runs ${command[@]}
	local follow=
	[ "$1" = first ] || follow=-f
	[ -z "$follow" ] || [ "${SHALE_BACKEND-}" != fuse ] || follow='-D -f'
	shift
	{ timeout 20 strace $follow -qq "${full[@]}" "$@" "${command[@]}"; } >"$dir/out" 2>"$dir/err"
}

# The calls from the first one that has to do with the store, as CALL NUMBER.
calls_in() { # TRACE
	awk -v never="$never" -v only=" ${SHALE_CRASH_CALLS:-} " -v dir="$dir" '
		{ name = $0; sub(/\(.*/, "", name); if (name !~ /^[a-z_0-9]+$/) next; n[name]++ }
		NR > 1 && index($0, dir) { begun = 1 }
		begun && name !~ never && (only == "  " || index(only, " " name " ")) { print name, n[name] }' "$1"
}

# Lines "OPERATION THREADS CALL NUMBER FAULT": what can be tried with it.
points_of() { # OPERATION
	local fault
	command_of "$1"
	traced first -o "$dir/trace" || echo "$1 fails: $(cat "$dir/err")" >&2
	calls_in "$dir/trace" >"$dir/first"
	prepare "$1"
	rm -f "$dir"/thread.*
	traced all -f -o "$dir/thread" # -f -f: a file for each thread
	for thread in $(grep -L '^execve(' "$dir"/thread.*); do
		{ echo; echo "$dir"; sed '/^[^(]*$/d' "$thread"; } >"$dir/one"
		calls_in "$dir/one"
	done | sort -u >"$dir/others"
	for fault in $faults; do
		sed "s/^/$1 first /; s/\$/ $fault/" "$dir/first"
		sed "s/^/$1 all /; s/\$/ $fault/" "$dir/others"
	done
}

# Of a failure: one line, perhaps a second with the remedy, and nothing more.
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

# Each point once, in the order of a shuffle that depends on the seed only.
choose() {
	if [ $all = 1 ]; then
		cat
	else
		shuf -n "$sample" --random-source=<(yes "$seed") | sort
	fi
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
