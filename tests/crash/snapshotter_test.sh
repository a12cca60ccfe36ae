#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Kills shale-snapshotter before each system call that changes something, while it serves one call
# of containerd. Afterwards all snapshots must be as before the call or as after it; if the call was
# not done, the same call must succeed; no other layer may have changed. By hand:
# snapshotter_test.sh [OPERATION]...; SHALE_CRASH_EVERY=N tries only each Nth kill (default 1).
. "${0%/*}/lib.sh"
. "${0%/*}/kills.sh"
. "${0%/*}/service.sh"
here=$(cd "${0%/*}/../e2e" && pwd)
. "$here/lib-snapshotter.sh"
operations='prepare prepare_first prepare_mapped view view_first commit remove remove_view relabel cleanup'
socket=$dir/snapshotter.sock
program=("${SHALE_SNAPSHOTTER:-$build/.libs/shale-snapshotter}" --socket "$socket")
mapping=containerd.io/snapshot/uidmapping
command -v curl protoc-c >/dev/null || skip 'there is no curl, or no protoc-c'

# Work in the directory where requests and replies are.
cd "$dir" || exit 1

# Sets METHOD and TEXT for the operation.
call_of() { # OPERATION
	case $1 in
	prepare) set -- Prepare 'key: "new" parent: "middle" labels { key: "a" value: "b" }' ;;
	prepare_first) set -- Prepare 'key: "new"' ;;
	prepare_mapped) set -- Prepare "key: \"new\" parent: \"middle\" labels { key: \"$mapping\" value: \"0:1000:10\" }" ;;
	view) set -- View 'key: "new" parent: "middle"' ;;
	view_first) set -- View 'key: "new"' ;;
	commit) set -- Commit 'name: "new" key: "work" labels { key: "a" value: "b" }' ;;
	remove) set -- Remove 'key: "work"' ;;
	remove_view) set -- Remove 'key: "seen"' ;;
	relabel) set -- Update 'info { name: "middle" labels { key: "a" value: "c" } }' ;;
	cleanup) set -- Cleanup '' ;;
	esac
	method=$1 text=$2
}

# Makes a call. Fails if the answer has no reply.
call() { # METHOD TEXT
	rm -f reply headers
	encode "$(request_of "$1")" <<<"$2" >message
	frame message >request
	send "$1" request && [ "$(header grpc-status)" = 0 ]
}

ask() { # OPERATION
	call_of "$1"
	call "$method" "$text"
}

# Starts the service without strace.
begin() {
	rm -f "$socket"
	"${program[@]}" >/dev/null 2>"$dir/err" &
	service=$!
	wait_for_socket $service
}

end() {
	kill -TERM $service
	wait $service || echo "the service ended with $?"
}

# Prints all snapshots, without their times, and the number of layers.
snapshots() {
	call List '' || echo 'List fails'
	tail -c +6 reply | decode ListReply | sed '/_at {$/,/}$/d'
	find "$home" -maxdepth 1 -name 'ctr-*' | wc -l
}

upper_of() { # KEY
	call Mounts "key: \"$1\""
	tail -c +6 reply | decode MountsReply | sed -n 's/.*upperdir=\([^"]*\)".*/\1/p; s/^ *source: "\(\/.*\)"$/\1/p'
}

# Makes an active snapshot with a file in it.
make_active() { # KEY PARENT
	call Prepare "key: \"$1\" parent: \"$2\" labels { key: \"c\" value: \"d\" }"
	echo "$1" >"$(upper_of "$1")/$1"
}

# Makes two committed snapshots; on them an active snapshot and a view; and a view of an empty
# layer.
make_template() {
	export SHALE_HOME=$dir/template
	begin
	make_active first ''
	call Commit 'name: "base" key: "first"'
	make_active second base
	call Commit 'name: "middle" key: "second" labels { key: "a" value: "b" }'
	make_active work middle
	removed=$(upper_of work)
	removed=${removed%/diff}
	call View 'key: "seen" parent: "middle"'
	call View 'key: "alone"'
	end
	"$shale" probe # RUN keeps the probe's result
	mkdir -m 700 template-run
	mv "$SHALE_RUN"/probe-* template-run
	rm -rf "$SHALE_RUN"
	export SHALE_HOME=$home
}

prepare() { # OPERATION
	unmount_all
	rm -rf "$home" "$SHALE_RUN"
	cp -a template "$home"
	cp -a template-run "$SHALE_RUN"
	[ "$1" != cleanup ] || leave_over
}

command_of() { :; } # the operation is a service's, not a command

# Prints "before" or "after": whether the running service shows the state before the call or after
# it. Prints nothing if it is neither.
state() { # OPERATION
	local now
	if [ "$1" = cleanup ]; then
		[ -h "$home/l/ABCDEFGHIJKLMNOPQRSTUVWXYZ" ] && echo before || echo after
		return
	fi
	now=$(snapshots)
	if [ "$now" = "$before" ]; then
		echo before
	elif [ "$now" = "$after" ]; then
		echo after
	fi
}

# Lists the files of all layers but one that the operation makes or removes.
content() { # OPERATION
	local layer
	for layer in template/ctr-*; do
		layer=${layer#*/}
		[ "$1,$layer" = "remove,${removed##*/}" ] || (cd "$home/$layer/diff" &&
			echo "$layer" && find . -printf '%p %M %U:%G %s %n %l %T@\n' | sort && find . -type f -exec cat {} +)
	done
}

# Prints each rule that the service breaks after a call during which it was killed.
examine() { # OPERATION
	local was
	begin
	was=$(state "$1")
	[ -n "$was" ] || echo 'the snapshots are neither those before the call nor those after it'
	if [ "$was" = before ]; then
		ask "$1" || echo 'it cannot be done again'
		[ "$(state "$1")" = after ] || echo 'done again, it did nothing'
	fi
	[ "$1" != prepare_mapped ] || call Remove 'key: "new"' || echo 'what was made cannot be removed'
	end
	! grep " $dir/" /proc/self/mountinfo || echo 'something stays mounted'
	"$shale" check || echo 'check finds the store damaged'
	leftovers
	[ "$(content "$1")" = "$content_before" ] || echo 'another layer has changed'
}

# Notes the list of snapshots before the operation and after it, for state().
learn() { # OPERATION
	begin
	before=$(snapshots)
	ask "$1" || echo "# $1 fails"
	after=$(snapshots)
	end
}

make_template >/dev/null
for operation in ${*:-$operations}; do
	prepare "$operation"
	content_before=$(content "$operation")
	learn "$operation"
	prepare "$operation"
	try_operation "$operation"
done
finish
