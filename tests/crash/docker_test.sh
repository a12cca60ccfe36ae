#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Kills shale-docker before each system call that changes something, while it serves one call of
# dockerd. Afterwards the layer must be as before the call or as after it, and the same call must
# succeed. By hand: docker_test.sh [OPERATION]...; SHALE_CRASH_EVERY=N tries only each Nth kill
# (default 1).
. "${0%/*}/lib.sh"
. "${0%/*}/kills.sh"
. "${0%/*}/service.sh"
operations='create create_rw apply remove get put'
socket=$dir/plugin.sock
program=("${SHALE_DOCKER:-$build/.libs/shale-docker}" --socket "$socket")
command -v curl >/dev/null || skip 'there is no curl'

# Prints the request with which dockerd asks for the operation.
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

ask() { # OPERATION
	local answer
	request_of "$1"
	answer=$(curl -sS -X POST --unix-socket "$socket" "http://plugin/${request[0]}" "${request[@]:1}" 2>&1) &&
		[[ $answer != *'"Err"'* ]]
}

try_every_operation "$@"
