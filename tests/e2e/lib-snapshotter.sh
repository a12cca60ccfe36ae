# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Starts shale-snapshotter on the case's store, and sends requests as containerd does. Messages are in
# protobuf's text form.

messages=$here/../../tools/shale-snapshotter/proto

# Whether the snapshotter listens. A killed one may have left its socket.
snapshotter_listens() {
	[ -S snapshotter.sock ] || return 1
	! command -v curl >/dev/null ||
		curl -s --http2-prior-knowledge --unix-socket snapshotter.sock -o /dev/null http://shale/
}

start_snapshotter() { # OPTION...
	"$SHALE_SNAPSHOTTER" --home "$PWD/home" --run "$PWD/run" --backend "$backend" --socket snapshotter.sock "$@" \
		>>snapshotter.log 2>&1 </dev/null &
	snapshotter=$!
	until snapshotter_listens; do
		kill -0 $snapshotter || { cat snapshotter.log && return 1; }
		sleep 0.02
	done
}

stop_snapshotter() {
	kill -TERM $snapshotter
	wait $snapshotter
}

encode() { # MESSAGE -- reads its text
	protoc-c --proto_path="$messages" --encode="pb.$1" snapshots.proto
}

decode() { # MESSAGE -- prints it in lines
	protoc-c --proto_path="$messages" --decode="pb.$1" snapshots.proto
}

# Writes a message in gRPC's form: a flag, its length, the message.
frame() { # FILE
	local size
	size=$(printf %08x "$(stat -c %s "$1")")
	printf "\\x00\\x${size:0:2}\\x${size:2:2}\\x${size:4:2}\\x${size:6:2}"
	cat "$1"
}

service_of() { # METHOD
	case $1 in
	Apply | Diff) echo diff.v1.Diff ;;
	*) echo snapshots.v1.Snapshots ;;
	esac
}

# Sends a message. Writes the reply's headers and trailers to the file "headers".
send() { # METHOD FILE OPTION-OF-CURL...
	curl -sS --http2-prior-knowledge --unix-socket snapshotter.sock -H 'content-type: application/grpc' \
		-H 'te: trailers' -X POST --data-binary "@$2" -D headers -o reply "${@:3}" \
		-H 'containerd-namespace: default' "http://shale/containerd.services.$(service_of "$1")/$1"
}

header() { # NAME
	sed -n "s/^$1: //p" headers | tr -d '\r'
}

request_of() { # METHOD
	case $1 in
	Prepare | View) echo NewRequest ;;
	Commit | Update | List | Apply | Diff) echo "$1Request" ;;
	*) echo KeyRequest ;;
	esac
}

reply_of() { # METHOD
	case $1 in
	Prepare | View | Mounts) echo MountsReply ;;
	Stat | Update) echo InfoReply ;;
	List | Usage | Apply | Diff) echo "$1Reply" ;;
	*) echo Empty ;;
	esac
}

call() { # METHOD TEXT
	rm -f reply headers
	encode "$(request_of "$1")" <<<"$2" >message
	frame message >request
	send "$1" request
	assert_eq "$(head -n 1 headers | tr -d '\r ')" HTTP/2200
}

# Calls METHOD, which must succeed. Prints the reply; several messages are joined to one.
ask() { # METHOD TEXT
	call "$@"
	assert_eq "$(header grpc-status)" 0 "of $*: $(header grpc-message)" || return
	while [ "$(stat -c %s reply)" -gt 5 ]; do
		local size=$((16#$(head -c 5 reply | tail -c 4 | od -An -tx1 | tr -d ' ')))
		tail -c +6 reply | head -c $size
		tail -c +$((6 + size)) reply >rest
		mv rest reply
	done | decode "$(reply_of "$1")"
}

# Calls METHOD, which must fail with the code STATUS, and with WORDS in its message.
assert_status() { # STATUS WORDS METHOD TEXT
	call "${@:3}"
	assert_eq "$(header grpc-status)" "$1" "the status of ${*:3}: $(header grpc-message)"
	[[ $(header grpc-message) == *"$2"* ]] || assert_eq "$(header grpc-message)" "... $2 ..." "of ${*:3}"
}

# Mounts a snapshot as containerd would.
mount_snapshot() { # KEY DIR
	local reply type source options
	reply=$(ask Mounts "key: \"$1\"")
	type=$(sed -n 's/^ *type: "\(.*\)"$/\1/p' <<<"$reply")
	source=$(sed -n 's/^ *source: "\(.*\)"$/\1/p' <<<"$reply")
	options=$(sed -n 's/^ *options: "\(.*\)"$/\1/p' <<<"$reply" | paste -sd,)
	if [ "$type" = fuse3.shale-fuse ]; then
		"$SHALE_FUSE" "$source" "$2" -o "$options"
	else
		mount -t "$type" "$source" "$2" -o "$options"
	fi
}

listed() { # from the reply to List
	ask List "$1" | sed -n 's/^ *name: "\(.*\)"$/\1/p' | tr '\n' ' ' | sed 's/ $//'
}

needs_client() {
	command -v curl protoc-c >/dev/null || skip 'no curl, or no protoc-c'
	start_snapshotter
}

prepare() { # KEY [PARENT]
	ask Prepare "key: \"$1\" parent: \"${2-}\""
}

upper_of() { # KEY
	local reply
	reply=$(ask Mounts "key: \"$1\"")
	sed -n 's/.*upperdir=\([^"]*\)".*/\1/p; s/^ *source: "\(\/.*\)"$/\1/p' <<<"$reply"
}
