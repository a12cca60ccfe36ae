#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A layer is mounted in one mount namespace, and commands run in another, which may not see the first.
. "${0%/*}/lib.sh"

# Runs COMMAND in a mount namespace of its own; for a plain user also in a user namespace: two of these
# may not look at each other's processes.
namespace() { # COMMAND...
	if [ "$kind" = user ]; then
		unshare --user --map-root-user --mount --propagation private "$@"
	else
		unshare --mount --propagation private "$@"
	fi
}

export -f shale
export backend kind

# Gets rw in a namespace that lives until the file "leave" exists, and then runs COMMAND there.
mount_elsewhere() { # [COMMAND]
	# shellcheck disable=SC2016 # for the inner shell
	namespace bash -ec 'shale get rw >path; touch ready; until [ -e leave ]; do sleep 0.1; done; '"${1-}" &
	elsewhere=$!
	until [ -e ready ]; do
		kill -0 $elsewhere
		sleep 0.1
	done
}

end_elsewhere() {
	touch leave
	wait $elsewhere
}

# Prints all files in RUN, except the locks.
run_state() {
	find run -path run/locks -prune -o -type f ! -name 'probe*' -printf '%p %i %T@\n' | sort
}

read_all() {
	shale ls >/dev/null
	shale tree >/dev/null
	shale inspect rw >/dev/null
	shale status >/dev/null
	shale du >/dev/null
	# Another user namespace shows other owners.
	shale check >/dev/null || [ "$kind" = user ]
	shale exists rw
	shale changes app >/dev/null
	shale diff app >/dev/null
	shale size app >/dev/null
}
export -f read_all

scenario() {
	local before
	store_with_layers
	read_all
	mount_elsewhere 'shale put rw'
	before=$(run_state)
	namespace bash -ec read_all
	read_all
	assert_eq "$(run_state)" "$before" 'RUN after commands that read'
	namespace bash -c '! shale rm rw' 2>said
	grep -q "'rw'.* mount namespace" said
	assert_clear_error 'mount namespace' shale rm rw
	assert_clear_error 'mount namespace' shale get rw
	[ "$backend" = kernel ] || [ -n "$(daemons)" ]
	shale cleanup >/dev/null
	assert_eq "$(run_state)" "$before" 'RUN after a cleanup'
	end_elsewhere
	shale rm rw
}
on_each_backend_as 'root user userns' 'a mount that cannot be seen from here stays, and is counted'

scenario() {
	store_with_layers
	mount_elsewhere
	end_elsewhere
	# Only the daemon is still in that namespace.
	read_all
	[ "$backend" = kernel ] || [ -n "$(daemons)" ]
	shale get rw >/dev/null
	shale put rw
	shale rm rw
}
on_each_backend_as 'root' 'a command that changes mounts forgets a mount in an abandoned namespace'

scenario() {
	store_with_layers
	mount_elsewhere
	kill_daemon "$(daemons | awk '{ print $1 }')"
	no_daemon
	shale get rw >/dev/null
	shale put rw
	end_elsewhere
}
only_backend=fuse on_each_backend_as 'root user userns' 'a daemon that died in another namespace delays no command'

scenario() {
	local path before
	store_with_layers
	path=$PWD/home/rw/merged
	cp "$(command -v bash)" shale-fuse
	./shale-fuse -c 'sleep 60; :' "$path" &
	sleep 0.2
	before=$SECONDS
	shale get rw >/dev/null
	shale put rw
	[ $((SECONDS - before)) -le 4 ] || assert_eq $((SECONDS - before)) 0 seconds
	# Does the same after a mount whose recorded namespace is gone.
	sed -i 's/"mount-namespace":[0-9]*/"mount-namespace":4000000000/' run/refs/* 2>/dev/null || :
	shale rm rw
	kill %1
	wait
}
only_backend=fuse on_each_backend_as 'root user userns' 'a program that has the name of the daemon is not taken for the daemon'

scenario() {
	local path
	store_with_layers
	path=$(shale get rw)
	rm -rf run
	assert_eq "$(shale get rw)" "$path"
	shale put rw
	is_mounted "$path"
	assert_clear_error 'is mounted at' shale rm rw
	shale put rw
	assert_absent "$path"
	shale rm rw
}
on_each_backend_as 'root user userns' 'a mount that is found after RUN was lost counts as one use'
