# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Runs a service under strace, which serves one request and may be killed meanwhile. Sourced by tests beside
# this file, after kills.sh; they define
#	program			array: the service and its options
#	socket			on which it listens
#	ask OPERATION		sends the operation's request; fails unless the answer is a success
went_on=0

wait_for_socket() { # PID
	until [ -S "$socket" ]; do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.01
	done
}

# Runs the service under strace, and asks it. -D makes the process that is waited for the program
# itself, and not strace. A service that was killed answers nothing; one that was not must answer
# without an error.
traced() { # STRACE-OPTION...
	local service status
	rm -f "$socket"
	strace -D -f -qq "$@" "${program[@]}" >/dev/null 2>&1 &
	service=$!
	disown $service # no message of the shell when it is killed
	wait_for_socket $service
	ask "$operation" 2>/dev/null
	status=$?
	! kill -TERM $service 2>/dev/null || went_on=$((went_on + 1))
	while kill -0 $service 2>/dev/null; do
		sleep 0.01
	done
	return $status
}

# Ends the test. Threads may share work differently the next time, so that some kills come too late:
# their number is chance.
finish() {
	local problem=
	[ $went_on -lt $tried ] || problem="the program went on after $went_on of $tried"
	result 'kills come before the end of the call' "$problem"
	echo "# $tried points tried, $went_on of them too late"
	echo "1..$count"
	exit $failed
}
