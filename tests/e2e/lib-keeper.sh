# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Mounts with a keeper, and clients that compare what they see in a mount with another tree.
: "${KEEPER_KILL:=${DIFFERENTIAL%/*}/keeper-kill}" "${KILL_AT:=${DIFFERENTIAL%/*}/kill-at}"
: "${SHALE_FUSE_LATER:=${DIFFERENTIAL%/*}/shale-fuse-later}"

only_fuse() {
	only_backend=fuse on_each_backend_as "$@"
}

mount_kept() { # [OPTIONS]
	mount_merged "pidfile=$PWD/pid,log=$PWD/log${1:+,$1}"
	keeper=$(cat pid)
}

worker() {
	awk '{ print $1 }' "/proc/$keeper/task/$keeper/children" 2>/dev/null
}

kill_worker() {
	local before
	before=$(worker)
	kill -KILL "$before"
	while [ "$(worker)" = "$before" ] || [ -z "$(worker)" ]; do
		sleep 0.01
	done
}

# Runs the command while strace is attached to the worker; INJECT is strace's option.
traced_while() { # CALLS INJECT COMMAND...
	local tracer calls=$1 inject=$2
	shift 2
	: >attached
	strace -f -o trace -e trace="$calls" -e inject="$inject" -p "$(worker)" 2>>attached &
	tracer=$!
	while ! grep -q attached attached; do
		sleep 0.01
	done
	"$@"
	kill "$tracer" 2>/dev/null || :
	wait "$tracer" || :
}

can_resend() {
	[ "$(printf '%s\n' 6.9 "$(uname -r)" | sort -V | head -n 1)" = 6.9 ] || skip 'this kernel does not send requests again'
}

# A tree of lower files for each client, and a plain copy.
make_trees() { # CLIENTS
	local client dir file
	for client in $(seq 0 $(($1 - 1))); do
		for dir in . d0 d1 d0/d1 d0/d0 d2/d1; do
			mkdir -p "lower/$client/$dir"
			for file in 0 1 2 3 4; do
				head -c $((file * 4001 + 1)) /dev/urandom >"lower/$client/$dir/f$file"
			done
			ln -s f0 "lower/$client/$dir/d4"
		done
	done
	cp -a lower plain
}

# Mounts the plain copy by the kernel, at beside/.
mount_beside() { # OPTIONS
	mkdir beside beside.upper beside.work
	mount -t overlay overlay -o "lowerdir=plain,upperdir=beside.upper,workdir=beside.work$kernel_words,$1" beside
}

# Prints what DIR holds. Its processes have ended when it returns, so that a mount can be taken away.
contents() { # DIR
	(cd "$1" && find . -printf '%P %y %l\n' | sort && find . -type f -exec sha256sum {} + | sort)
}

same_trees() { # DIR DIR
	contents "$1" >contents.1
	contents "$2" >contents.2
	diff contents.1 contents.2
}
