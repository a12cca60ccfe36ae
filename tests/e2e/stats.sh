#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The output of `shale stats` for mounts.
. "${0%/*}/lib.sh"
# LeakSanitizer cannot stop a thread that waits for a hung mount: see store-hung.sh.
export ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}

figure() { # NAME -- from standard input
	awk -v name="$1" '$1 == name { n = $2 } END { print n + 0 }'
}

scenario() {
	local m before after
	store_with_layers
	assert_clear_error 'is not mounted' shale stats rw
	assert_clear_error 'no such layer' shale stats nobody
	assert_eq "$(shale stats | wc -l)" 1 'no mount, no row'
	m=$(shale get rw)
	shale stats rw >first
	before=$(figure copied_up_bytes <first)
	echo more >>"$m/usr/bin/tool"
	shale stats rw >second
	[ "$(figure copied_up_files <second)" = 1 ]
	[ "$(figure copied_up_bytes <second)" -gt "$before" ]
	[ "$(figure request_LOOKUP <second)" -gt 0 ] && [ "$(figure nodes <second)" -gt 1 ]
	after=$(shale --json stats rw | jq .copied_up_files)
	assert_eq "$after" 1
	shale stats "$m" | grep -q '^request_IOCTL [1-9]'
	assert_eq "$(shale --json stats | jq -r '.[].id')" rw
	[ "$(shale --json stats | jq '.[].requests')" -gt 3 ]
	assert_clear_error 'nothing is mounted' shale stats "$PWD"
	timeout 5 "$SHALE" --home "$PWD/home" --run "$PWD/run" stats --watch rw >watched || true
	[ "$(grep -c '^nodes ' watched)" -ge 2 ]
	grep -q '^nodes .*/s$' watched
	shale put rw
}
only_backend=fuse on_each_backend_as 'root user userns' 'the figures of a mount are printed while it lives'

# A hung daemon must not make the command wait long.
scenario() {
	local m daemon
	store_with_layers
	m=$(shale get rw)
	shale stats "$m" >/dev/null
	daemon=$(server_of "$(pgrep -n -x shale-fuse)")
	stop_process "$daemon"
	assert_clear_error 'does not answer' timeout 20 "$SHALE" --home "$PWD/home" --run "$PWD/run" stats "$m"
	kill -CONT "$daemon"
	shale stats rw >/dev/null
	shale put rw
}
only_backend=fuse on_each_backend_as 'root user' 'a stopped daemon is reported as hung'

scenario() {
	store_with_layers
	shale get rw >/dev/null
	assert_clear_error 'counts nothing' shale stats rw
	assert_eq "$(shale stats | wc -l)" 1
	shale put rw
}
only_backend=kernel on_each_backend_as root 'stats of a kernel mount are refused with a reason'
