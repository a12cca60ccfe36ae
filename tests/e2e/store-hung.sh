#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The daemon of a mount was stopped or has died: no command may wait long for it. LeakSanitizer is
# off, because at its end it stops all threads, and a thread that waits for a hung mount cannot be
# stopped.
export ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}
. "${0%/*}/lib.sh"
only_backend=fuse

# COMMAND must end within SECONDS, with any status.
within() { # SECONDS COMMAND...
	local seconds=$1 status=0
	shift
	timeout -s KILL "$seconds" "$SHALE" --home "$PWD/home" --run "$PWD/run" --backend "$backend" "$@" \
		>answer 2>said || status=$?
	[ $status != 137 ] || assert_eq "more than $seconds s" '' "of $*"
	return $status
}

keeper_of() { # ID
	daemons | awk -v dir="/home/$1/merged" 'index($NF, dir) { print $1 }'
}

daemon_of() { # ID
	server_of "$(keeper_of "$1")"
}

state_of() { # ID
	"$SHALE" --json --home "$PWD/home" --run "$PWD/run" inspect "$1" | sed -n 's/.*"MountState": *"\([a-z]*\)".*/\1/p'
}

hang() {
	local path
	store_with_layers
	shale create --rw --parent app other >/dev/null
	shale create --rw --parent app third >/dev/null
	path=$(shale get rw)
	shale get other >/dev/null
	echo dirty >"$path/dirty"
	stop_process "$(daemon_of rw)"
}

scenario() {
	local command
	hang
	for command in ls status check du tree 'inspect rw' gc cleanup; do
		# shellcheck disable=SC2086 # words
		within 8 $command
	done
	for command in 'inspect other' 'changes other' 'diff other' 'size other' 'get third' 'put third' \
		'changes app' 'create --rw --parent app fourth' 'rm fourth'; do
		# shellcheck disable=SC2086 # words
		within 2 $command
	done
	within 8 status
	grep -q 'Hung Mounts: *rw$' answer
	grep -q 'Mounted Layers: *1$' answer
	assert_eq "$(state_of rw)" hung
	within 8 ls
	grep -q '^rw .* hung  *1$' answer
	for command in 'get rw' 'put rw' 'diff rw' 'rm rw' 'commit rw new'; do
		# shellcheck disable=SC2086 # words
		refute within 8 $command
		grep -qE 'does not answer|is mounted at' said
	done
	kill -CONT "$(daemon_of rw)"
	shale put rw
	assert_content home/rw/diff/dirty dirty
}
on_each_backend_as 'root user userns' 'a stopped daemon delays only commands on its own layer, and only for a few seconds'

scenario() {
	local daemon
	hang
	daemon=$(daemon_of rw)
	within 8 put --lazy rw
	assert_absent home/rw/merged
	refute within 20 get rw
	grep -q 'taken away' said
	kill -CONT "$daemon"
	while kill -0 "$daemon" 2>/dev/null; do sleep 0.1; done
	[ "$(shale get rw)" = "$PWD/home/rw/merged" ]
	assert_content home/rw/merged/dirty dirty
	shale put rw
	shale put other
}
on_each_backend_as 'root user userns' 'put --lazy takes the mount of a stopped daemon away'

scenario() {
	hang
	kill_daemon "$(keeper_of rw)"
	while [ -n "$(daemon_of rw)" ]; do sleep 0.1; done
	within 2 ls
	grep -q '^rw .* dead  *1$' answer
	assert_eq "$(state_of rw)" dead
	within 2 status
	grep -q 'Dead Mounts: *rw$' answer
	within 2 changes rw
	within 5 get rw
	assert_eq "$(state_of rw)" mounted
	# The earlier get must be ended, too.
	shale put rw
	shale put rw
	shale put other
}
on_each_backend_as 'root user userns' 'a dead mount is reported, and made again'
