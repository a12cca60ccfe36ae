# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Starts shale-docker on the case's store, and sends requests as dockerd does.

plugin=
plugin_socket=plugin.sock

start_plugin() {
	"$SHALE_DOCKER" --home "$PWD/home" --run "$PWD/run" --backend "$backend" --socket "$plugin_socket" \
		>>plugin.log 2>&1 &
	plugin=$!
	until [ -S "$plugin_socket" ]; do
		kill -0 $plugin || { cat plugin.log && return 1; }
		sleep 0.02
	done
}

stop_plugin() {
	kill -TERM $plugin
	wait $plugin
	plugin=
}

# Sends a request. Prints the body and, on a line of its own, the status.
post() { # PATH OPTION-OF-CURL...
	curl -sS -X POST --unix-socket plugin.sock -w '\n%{http_code}\n' "http://plugin/$1" "${@:2}"
}

# Calls METHOD of the driver with the JSON text REQUEST.
call() { # METHOD [REQUEST]
	post "GraphDriver.$1" -d "${2-}" | sed '/^$/d'
}

# Calls METHOD, which must succeed, and prints the body.
ask() { # METHOD [REQUEST]
	local said
	said=$(call "$@")
	[[ $said != *'"Err"'* && $said == *$'\n200' ]] || assert_eq "$said" 'no error' "of $*" || return
	sed '$d' <<<"$said"
}

# Calls METHOD, which must fail with STATUS, and with WORDS in its Err.
assert_refused() { # STATUS WORDS METHOD [REQUEST]
	local said
	said=$(call "${@:3}")
	assert_eq "${said##*$'\n'}" "$1" "the status of ${*:3}: $said"
	[[ $said == '{"Err":"'*"$2"* ]] || assert_eq "$said" "... $2 ..." "of ${*:3}"
}

# Calls ApplyDiff, and sends the body in chunks, as dockerd does.
apply_diff() { # ID PARENT FILE|-
	post "GraphDriver.ApplyDiff?id=$1&parent=$2" -T "$3"
}

diff_of() { # ID PARENT
	curl -sS -f -X POST --unix-socket plugin.sock http://plugin/GraphDriver.Diff -d "{\"ID\":\"$1\",\"Parent\":\"$2\"}"
}
