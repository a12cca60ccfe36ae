#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Kills shale before each system call that changes something, or makes the call fail, and asks each
# time: is the store whole, is nothing left over, and does the same command work now?
# By hand: crash_test.sh [OPERATION]...; SHALE_CRASH_FAULTS='kill ENOSPC EIO EDQUOT EINTR' is the whole
# matrix, without it shale is only killed.
set -u
build=${SHALE_BUILD:-$(cd "$(dirname "$0")/../../build" && pwd)}
# Not libtool's wrapper: it takes ten times as long as what it wraps.
shale=${SHALE:-$build/.libs/shale}
export LD_LIBRARY_PATH=$build/.libs
calls='mkdirat renameat renameat2 linkat symlinkat unlinkat write fsync syncfs mount umount2 fsmount
move_mount'
operations='init create create_rw apply remove commit import untag collect sweep cleanup repair get put'
faults=${SHALE_CRASH_FAULTS:-kill}
# LeakSanitizer stops processes that it shares with strace.
export ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}
count=0 failed=0 tried=0

result() { # CLAIM PROBLEMS
	count=$((count + 1))
	if [ -z "$2" ]; then
		echo "ok $count - $1"
	else
		failed=1
		echo "not ok $count - $1"
		echo "$2" | sed 's/^/# /'
	fi
}

skip() {
	if [ "${SHALE_MUST_RUN:-}" = 1 ]; then
		result 'shale can be killed at every system call' "$1"
		echo "1..$count"
		exit 1
	fi
	echo "1..0 # SKIP $1"
	exit 0
}

command -v strace >/dev/null || skip 'there is no strace'
[ "$(id -u)" = 0 ] || skip 'only root can mount here'
if [ -z "${SHALE_CRASH_INSIDE:-}" ]; then
	SHALE_CRASH_INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
fi

# What a kill leaves does not depend on the disk, but waiting for a disk takes most of the time.
dir=$(TMPDIR=/dev/shm mktemp -d)
home=$dir/home
export SHALE_HOME=$home SHALE_RUN=$dir/run SHALE_BACKEND=kernel
unmount_all() { umount -l "$home"/*/merged 2>/dev/null; }
trap 'unmount_all; rm -rf "$dir"' EXIT

# An image, three layers on each other, the topmost to be written to, and one by itself.
make_template() {
	mkdir -p "$dir/tree/etc"
	echo new >"$dir/tree/etc/file"
	tar -C "$dir/tree" -cf "$dir/new.tar" .
	echo old >"$dir/tree/etc/file"
	tar -C "$dir/tree" -cf "$dir/old.tar" .
	export SHALE_HOME=$dir/template
	"$shale" import "$dir/old.tar" image
	"$shale" create base
	"$shale" apply base "$dir/old.tar"
	"$shale" create --parent base middle
	"$shale" create --rw --parent middle work
	"$shale" create lone
	"$shale" apply lone "$dir/old.tar"
	"$shale" probe # the answer is kept in RUN
	mkdir -m 700 "$dir/template-run"
	mv "$SHALE_RUN"/probe-* "$dir/template-run"
	rm -rf "$SHALE_RUN"
	export SHALE_HOME=$home
}

prepare() { # OPERATION
	unmount_all
	rm -rf "$home" "$SHALE_RUN"
	cp -a "$dir/template" "$home"
	cp -a "$dir/template-run" "$SHALE_RUN"
	case $1 in
	init) rm -rf "$home" ;;
	put) "$shale" get work >/dev/null ;;
	collect) "$shale" rmi image ;;
	sweep) leave_over ;;
	cleanup)
		"$shale" get work >/dev/null
		rm "$SHALE_RUN/refs/work" ;;
	repair) break_it ;;
	esac
}

# What killed processes leave; not seen by an open that finds the locks taken.
leave_over() {
	ln -s ../nobody/diff "$home/l/ABCDEFGHIJKLMNOPQRSTUVWXYZ"
}

break_it() {
	rm "$home/work/link" "$home/middle/lower"
	rm -r "$home/lone/diff"
	: >"$home/stranger"
}

command_of() { # OPERATION
	case $1 in
	init) set -- init ;;
	create) set -- create --parent base new ;;
	create_rw) set -- create --rw --parent work new ;;
	apply) set -- apply lone "$dir/new.tar" ;;
	remove) set -- rm work ;;
	commit) set -- commit work new ;;
	import) set -- import "$dir/new.tar" second ;;
	untag) set -- rmi image ;;
	collect) set -- gc --layers ;;
	sweep) set -- gc ;;
	cleanup) set -- cleanup ;;
	repair) set -- check --repair ;;
	get) set -- get work ;;
	put) set -- put work ;;
	esac
	command=("$shale" "$@")
}

# "before" or "after", whichever the store shows, or nothing if it is neither.
state() { # OPERATION
	case $1 in
	init) [ -e "$home/shale.json" ] && echo after || echo before ;;
	create | create_rw | commit) [ -e "$home/new" ] && echo after || echo before ;;
	apply) sed 's/old/before/; s/new/after/' "$home/lone/diff/etc/file" ;;
	remove) [ -e "$home/work" ] && echo before || echo after ;;
	import) "$shale" images | grep -q '^second' && echo after || echo before ;;
	untag) "$shale" images | grep -q '^image' && echo before || echo after ;;
	collect) "$shale" ls | grep -qE '^[0-9a-f]{64} ' && echo before || echo after ;;
	sweep) [ -h "$home/l/ABCDEFGHIJKLMNOPQRSTUVWXYZ" ] && echo before || echo after ;;
	repair) "$shale" check >/dev/null && echo after || echo before ;;
	cleanup) is_mounted && echo before || echo after ;;
	get) is_mounted && echo after || echo before ;;
	put) is_mounted && echo before || echo after ;;
	esac
}

is_mounted() { grep -q " $home/work/merged " /proc/self/mountinfo; }

leftovers() {
	find "$home/staging" "$home/trash" -mindepth 1 ! -name '.*'
	cmp -s <(ls "$home/l") <(find "$home" -mindepth 2 -maxdepth 2 -name link -exec sed '' {} + |
		fold -w 26 | sort) ||
		echo 'links and layers do not match'
}

# What does not hold after a kill.
examine() { # OPERATION
	local was
	was=$(state "$1")
	[ -n "$was" ] || echo 'the store shows neither what was before nor what comes after'
	[ "$1,$was" = repair,before ] || "$shale" check || echo 'check finds the store damaged'
	[ "$1" = init ] || [ "$(state "$1")" = "$was" ] || echo 'the next command changed it'
	[ "$was" = before ] && [[ $1 =~ repair|sweep ]] || leftovers
	case $1,$was in
	get,* | put,*) examine_mount ;;
	*,before)
		command_of "$1"
		"${command[@]}" >/dev/null || echo 'it cannot be done again'
		[ "$(state "$1")" = after ] || echo 'done again, it did nothing' ;;
	esac
	"$shale" check || echo 'check finds the store damaged after that'
	leftovers
}

# Whatever the count is now: a get works, puts end it, and nothing stays mounted.
examine_mount() {
	"$shale" get work >/dev/null || echo 'get fails'
	[ "$(cat "$home/work/merged/etc/file")" = old ] || echo 'the mount shows something else'
	"$shale" put work || echo 'put fails'
	"$shale" put work || echo 'another put fails'
	is_mounted && echo 'it stays mounted'
	"$shale" rm work || echo 'the layer cannot be removed'
}

traced() { # STRACE-OPTION... -- runs ${command[@]}
	{ strace -f -qq "$@" "${command[@]}" >/dev/null 2>&1; } 2>/dev/null
}

how_often() { # CALL
	grep -cE "^[0-9]+ +$1\(" "$dir/trace"
}

# A call that only ever fails with EINTR would be tried for ever, and rightly so: one time will do.
inject() { # FAULT CALL NUMBER
	if [ "$1" = kill ]; then
		traced -o /dev/null -e "inject=$2:signal=KILL:when=$3"
	else
		traced -o /dev/null -e "inject=$2:error=$1:when=$3"
	fi
}

fault_everywhere() { # OPERATION FAULT CALL
	local n i what problems=
	n=$(how_often "$3")
	[ "$n" != 0 ] || return 0
	for ((i = 1; i <= n; i++)); do
		prepare "$1"
		command_of "$1"
		inject "$2" "$3" "$i"
		tried=$((tried + 1))
		what=$(examine "$1" 2>&1)
		[ -z "$what" ] || problems+="$3 number $i: $what"$'\n'
	done
	if [ "$2" = kill ]; then
		result "$1 can be killed before each of its $n calls of $3" "$problems"
	else
		result "each of the $n calls of $3 in $1 can fail with $2" "$problems"
	fi
}

try_operation() {
	local call fault
	prepare "$1"
	command_of "$1"
	traced -o "$dir/trace" || { result "$1 works" 'it fails'; return; }
	for fault in $faults; do
		for call in $calls; do
			fault_everywhere "$1" "$fault" "$call"
		done
	done
}

make_template >/dev/null
for operation in ${*:-$operations}; do
	try_operation "$operation"
done
echo "# $tried points tried"
echo "1..$count"
exit $failed
