# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Starts dockerd and shale-docker for a test of their own. /run is the test's own, too, because
# dockerd looks for plug-ins there.

plugin_socket=/run/docker/plugins/shale.sock

# Runs the distribution's client, which has the old builder without a plug-in.
docker() { # COMMAND...
	/usr/bin/docker -H "unix://$case_dir/docker/socket" "$@"
}

docker_is_at_least() { # VERSION
	local version
	version=$(dockerd --version | sed 's/^Docker version \([0-9.]*\).*/\1/')
	[ "$(printf '%s\n' "$1" "$version" | sort -V | head -n 1)" = "$1" ]
}

prepare_docker() {
	mount -t tmpfs -o mode=755 shale-run /run
	make_rootfs rootfs
	tar -C rootfs -cf rootfs.tar .
	mkdir docker
	echo '{"experimental": true}' >docker/config.json
}

start_docker() { # OPTION...
	local dir=$PWD/docker i
	rm -f "$dir/pid"
	dockerd --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/pid" --config-file "$dir/config.json" \
		-H "unix://$dir/socket" --iptables=false --ip6tables=false --bridge=none \
		--storage-driver=shale "$@" >>"$dir/log" 2>&1 </dev/null &
	dockerd=$!
	# shellcheck disable=SC2034 # a count
	for i in {1..150}; do
		! docker version >/dev/null 2>&1 || return 0
		kill -0 $dockerd 2>/dev/null || break
		sleep 0.2
	done
	tail -n 20 "$dir/log" >&2
	return 1
}

stop_docker() {
	kill -TERM $dockerd
	wait $dockerd
}

# Kills dockerd. containerd and its containers go on until the next dockerd.
kill_docker() {
	kill -KILL $dockerd
	wait $dockerd 2>/dev/null || :
}

# Counts the files, directories and pipes that the plug-in has open, without its connections.
open_files() {
	find "/proc/$plugin/fd" -type l ! -lname 'socket:*' | wc -l
}

# Runs twelve containers of base:1 at once.
together() {
	local i started=()
	for i in {1..12}; do
		docker run --rm --network none base:1 /bin/sh -c "echo $i >/mine && cat /mine" >"said$i" &
		started+=($!)
	done
	for i in "${started[@]}"; do
		wait "$i"
	done
	assert_eq "$(cat said{1..12})" "$(seq 12)"
}
