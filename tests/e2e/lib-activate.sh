# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Starts a service as systemd does, also in the namespaces of a rootless engine.

# Starts COMMAND with the socket SOCKET, and runs CALL, a command that asks it at once: the call waits until the
# service has started.
activate() { # SOCKET CALL COMMAND...
	activated_socket=$1
	"$ACTIVATE" "$1" "$PWD/notify.sock" "${@:3}" >said 2>&1 &
	started=$!
	until [ -S "$1" ]; do sleep 0.01; done
	"$2"
	until grep -qx READY=1 said; do
		kill -0 $started || { cat said && return 1; }
		sleep 0.01
	done
}

service_pid() {
	tr -d ' ' <"/proc/$started/task/$started/children"
}

# The socket of systemd stays.
stop_activated() {
	kill -TERM "$(service_pid)"
	wait $started
	assert_content said $'READY=1\nSTOPPING=1'
	[ -S "$activated_socket" ]
	rm "$activated_socket" notify.sock
}

# Makes namespaces like those of a rootless engine, and names them in the file DIR/child_pid, as RootlessKit does.
start_rootless() { # DIR
	mkdir "$1"
	unshare --user --map-root-user --mount sleep 1000 &
	rootless=$!
	echo $rootless >"$1/child_pid"
	until [ "$(cat /proc/$rootless/comm)" = sleep ]; do sleep 0.01; done
}

# Prints the command of the user unit of PROGRAM, for this case's directories.
unit_command() { # PROGRAM
	local name=shale-${1##*shale-}
	sed -n 's/^ExecStart=//p' "$here/../../tools/$name/user/$name.service.in" |
		sed "s,@bindir@/$name,$1,; s,%h,$PWD/h,; s,%t,$PWD/run,; s,[$][$],$,g"
}

# Checks that the service of the user unit of PROGRAM, which answers CALL, works in those namespaces.
assert_unit_enters() { # SOCKET CALL PROGRAM
	mkdir h run
	eval "activate $1 $2 $(unit_command "$3")"
	[ "/proc/$(service_pid)/ns/mnt" -ef /proc/$rootless/ns/mnt ]
	refute [ /proc/self/ns/mnt -ef /proc/$rootless/ns/mnt ]
	[ -e h/.local/share/shale/shale.json ]
	stop_activated
	kill $rootless
}
