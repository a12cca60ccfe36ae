# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Kills a command before each of its system calls that change something. Tests in this folder source
# it after lib.sh, and define a function traced STRACE-OPTION..., which runs an operation's command.
every=${SHALE_CRASH_EVERY:-1} point=0
calls='mkdir mkdirat mknodat renameat renameat2 linkat symlinkat unlinkat write pwrite64 ftruncate
fchmod fchmodat fchown fchownat utimensat fsetxattr setxattr fsync syncfs mount umount2 fsmount
move_mount'

# Prints the numbers of the calls that change something and succeed. Other calls are left out: a
# kill before a call that fails is the same as a kill before the next one. strace counts calls for
# each thread separately.
numbers() { # CALL
	awk -v call="$1(" 'index($2, call) == 1 { n[$1]++; if (!/ = -1 /) print n[$1] }' "$dir/trace" | sort -nu
}

kill_everywhere() { # OPERATION CALL
	local i what n=0 problems=
	for i in $(numbers "$2"); do
		[ $((point++ % every)) = 0 ] || continue
		prepare "$1"
		command_of "$1"
		traced -o /dev/null -e "inject=$2:signal=KILL:when=$i"
		n=$((n + 1))
		what=$(examine "$1" 2>&1)
		[ -z "$what" ] || problems+="$2 number $i: $what"$'\n'
	done
	tried=$((tried + n))
	[ $n = 0 ] || result "$1 can be killed before each of $n calls of $2" "$problems"
}

try_operation() { # OPERATION
	local call
	command_of "$1"
	traced -o "$dir/trace" || { result "$1 works" 'it fails'; return; }
	for call in $calls; do
		kill_everywhere "$1" "$call"
	done
}
