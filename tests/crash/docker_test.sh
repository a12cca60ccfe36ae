#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Kills shale-docker before each system call that changes something, while it serves one call of dockerd's.
# After each kill the layer must be as it was or as it is to be, and the same work must be possible. By
# hand: docker_test.sh [OPERATION]...; SHALE_CRASH_EVERY=N: only each Nth kill (1).
. "${0%/*}/lib.sh"
. "${0%/*}/kills.sh"
operations='create create_rw apply remove get put'
shale_docker=${SHALE_DOCKER:-$build/.libs/shale-docker}
command -v curl >/dev/null || skip 'there is no curl'

# The request with which dockerd asks for the operation.
request_of() { # OPERATION
	case $1 in
	create) request=(GraphDriver.Create -d '{"ID":"new","Parent":"base"}') ;;
	create_rw) request=(GraphDriver.CreateReadWrite -d '{"ID":"new","Parent":"work"}') ;;
	apply) request=('GraphDriver.ApplyDiff?id=lone&parent=' -T "$dir/new.tar") ;;
	remove) request=(GraphDriver.Remove -d '{"ID":"work"}') ;;
	get) request=(GraphDriver.Get -d '{"ID":"work"}') ;;
	put) request=(GraphDriver.Put -d '{"ID":"work"}') ;;
	esac
}

# With -D the process that is waited for is the program itself, and not strace. One that was killed answers
# nothing; one that was not must answer without an error.
traced() { # STRACE-OPTION...
	local plugin status answer
	request_of "$operation"
	rm -f "$dir/plugin.sock"
	strace -D -f -qq "$@" "$shale_docker" --socket "$dir/plugin.sock" >/dev/null 2>&1 &
	plugin=$!
	disown $plugin # no word when it is killed
	until [ -S "$dir/plugin.sock" ]; do
		kill -0 $plugin 2>/dev/null || break
		sleep 0.01
	done
	answer=$(curl -sS -X POST --unix-socket "$dir/plugin.sock" "http://plugin/${request[0]}" "${request[@]:1}" 2>&1)
	status=$?
	! kill -TERM $plugin 2>/dev/null || went_on=$((went_on + 1))
	while kill -0 $plugin 2>/dev/null; do
		sleep 0.01
	done
	[ $status = 0 ] && [[ $answer != *'"Err"'* ]]
}

# Threads may share work differently the next time, so that a kill comes too late: how many do is chance.
finish() {
	local problem=
	[ $went_on -lt $tried ] || problem="the program went on after $went_on of $tried"
	result 'kills come before the end of the call' "$problem"
	echo "# $tried points tried, $went_on of them too late"
	echo "1..$count"
	exit $failed
}

went_on=0
try_every_operation "$@"
