# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Finds the system calls of a command that a test can make fail. Sourced by tests in this folder,
# after lib.sh.
faults=${SHALE_CRASH_FAULTS:-ENOSPC EIO EDQUOT EINTR}
sample=${SHALE_CRASH_SAMPLE:-20} seed=${SHALE_CRASH_SEED:-1}
# Calls that are never made to fail: those of the C library for memory, threads and descriptors; and
# calls without a name in strace (syscall_0x1d1), which strace cannot make fail.
never='^(mmap|munmap|mremap|mprotect|madvise|brk|futex|rseq|set_.*|rt_sig.*|exit.*|execve|arch_prctl|clone.*
|syscall_.*|close|fcntl|get.*id|gettid|getrandom|prlimit64|umask|access|uname|sched_.*|clock_.*|wait4|vfork|restart_.*)$'
never=${never//$'\n'/}

# Runs the command under strace. strace counts calls for each thread separately; faults for threads
# other than the first are injected into all of them. -D makes strace a grandchild: a FUSE daemon
# lives longer than the command, and strace with it.
traced() { # FIRST|ALL STRACE-OPTION... -- runs ${command[@]}
	local follow=
	[ "$1" = first ] || follow=-f
	[ -z "$follow" ] || [ "${SHALE_BACKEND-}" != fuse ] || follow='-D -f'
	shift
	{ timeout 20 strace $follow -qq "${full[@]}" "$@" "${command[@]}"; } >"$dir/out" 2>"$dir/err"
}

# Prints the calls of a trace as lines "CALL NUMBER", beginning with the first call that uses the
# store.
calls_in() { # TRACE
	awk -v never="$never" -v only=" ${SHALE_CRASH_CALLS:-} " -v dir="$dir" '
		{ name = $0; sub(/\(.*/, "", name); if (name !~ /^[a-z_0-9]+$/) next; n[name]++ }
		NR > 1 && index($0, dir) { begun = 1 }
		begun && name !~ never && (only == "  " || index(only, " " name " ")) { print name, n[name] }' "$1"
}

# Prints the points that can be tried, as lines "OPERATION THREADS CALL NUMBER FAULT".
points_of() { # OPERATION
	local fault
	command_of "$1"
	traced first -o "$dir/trace" || echo "$1 fails: $(cat "$dir/err")" >&2
	calls_in "$dir/trace" >"$dir/first"
	prepare "$1"
	rm -f "$dir"/thread.*
	traced all -f -o "$dir/thread" # -f -f makes one file for each thread
	for thread in $(grep -L '^execve(' "$dir"/thread.*); do
		{ echo; echo "$dir"; sed '/^[^(]*$/d' "$thread"; } >"$dir/one"
		calls_in "$dir/one"
	done | sort -u >"$dir/others"
	for fault in $faults; do
		sed "s/^/$1 first /; s/\$/ $fault/" "$dir/first"
		sed "s/^/$1 all /; s/\$/ $fault/" "$dir/others"
	done
}

# Calls try_point for each chosen point of the operation. Adds their output to $problems, and their
# number to $n.
try_points_of() { # OPERATION
	problems= n=0
	while read -r point; do
		# shellcheck disable=SC2086
		problems+=$(try_point $point </dev/null)
		n=$((n + 1)) tried=$((tried + 1))
	done < <(grep "^$1 " "$dir/points")
}

# Prints each point once, in an order that depends on the seed only.
choose() {
	if [ $all = 1 ]; then
		cat
	else
		shuf -n "$sample" --random-source=<(yes "$seed") | sort
	fi
}
