# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Runs a service under strace while it serves one request; the service may be killed meanwhile.
# Tests in this folder source it after kills.sh, and define
#	program			array: the service and its options
#	socket			the path on which it listens
#	ask OPERATION		sends the operation's request; fails unless the answer is a success
went_on=0

wait_for_socket() { # PID
	until [ -S "$socket" ]; do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.01
	done
}

# Runs the service under strace, and sends it the request. With -D the process to wait for is the
# service, not strace. A killed service gives no answer; one that was not killed must answer without
# an error.
traced() { # STRACE-OPTION...
	local service status
	rm -f "$socket"
	strace -D -f -qq "$@" "${program[@]}" >/dev/null 2>&1 &
	service=$!
	disown $service # the shell must print no message when it is killed
	wait_for_socket $service
	ask "$operation" 2>/dev/null
	status=$?
	! kill -TERM $service 2>/dev/null || went_on=$((went_on + 1))
	while kill -0 $service 2>/dev/null; do
		sleep 0.01
	done
	return $status
}

# Prints the result. Threads may divide the work differently each time, so that some kills come too
# late: how many depends on chance.
finish() {
	local problem=
	[ $went_on -lt $tried ] || problem="the program went on after $went_on of $tried"
	result 'kills come before the end of the call' "$problem"
	echo "# $tried points tried, $went_on of them too late"
	echo "1..$count"
	exit $failed
}
