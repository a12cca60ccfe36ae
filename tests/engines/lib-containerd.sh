# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Starts containerd and shale-snapshotter for a test of their own.
. "$here/lib-snapshotter.sh"
. "$here/../engines/lib-rootfs.sh"

image=docker.io/library/app:1

# Makes an image of two layers, in a store of its own. The upper layer removes a file of the lower
# one.
make_image() {
	local m
	make() { "$SHALE" --home "$PWD/make" --run "$PWD/make-run" --backend "$backend" "$@"; }
	make_rootfs rootfs
	tar -C rootfs -cf rootfs.tar .
	make import rootfs.tar base >/dev/null
	make create --rw --parent base work >/dev/null
	m=$(make get work)
	echo text >"$m/srv/file"
	rm "$m/etc/gone"
	make put work
	make commit work app >/dev/null
	make export app "oci-archive:app.tar:$image"
}

# An image of 220 layers, each with a file of its own and one that the next layer replaces: more than a
# mount's page of options can name.
make_deep_image() {
	local i below=base
	mkdir one
	for i in {1..220}; do
		rm -f one/srv/*
		mkdir -p one/srv
		echo "$i" | tee one/srv/last >"one/srv/$i"
		make create --parent $below "deep$i" >/dev/null
		tar -C one -c srv | make apply "deep$i" >/dev/null
		below=deep$i
	done
	make export $below "oci-archive:deep.tar:${image/app/deep}"
}

ctr() { # COMMAND...
	command ctr -a "$PWD/containerd/socket" "$@"
}

snapshots() { # COMMAND...
	ctr snapshots --snapshotter shale "$@"
}

is_at_least() { # VERSION
	local version
	version=$(containerd --version | awk '{ print $3 }')
	[ "$(printf '%s\n' "$1" "${version#v}" | sort -V | head -n 1)" = "$1" ]
}

# Tells whether containerd can use a diff service, as from 1.7 on.
has_diff_proxies() {
	is_at_least 1.7
}

# Prints how many calls of the service's METHOD have succeeded.
calls_of() { # METHOD
	curl -sS --unix-socket metrics.sock http://shale/metrics |
		awk -v name="shale_calls_total{method=\"$1\",code=\"OK\"}" '$1 == name { print $2 }'
}

# Prepares the directories. /run is the test's own, because runc keeps its state there for any user.
prepare_containerd() {
	mount -t tmpfs -o mode=755 shale-run /run
	mkdir containerd bin
	export PATH=$PWD/bin:$PATH
	# ctr runs mount.fuse3, too, which looks for shale-fuse by its name.
	ln -s "$SHALE_FUSE" bin/shale-fuse
	write_config >containerd/config.toml
}

# Writes containerd's configuration. From 2 on, the service that unpacks images knows only the
# snapshotters that it is told of.
write_config() {
	local cri=io.containerd.grpc.v1.cri
	is_at_least 2 || cat <<-END
		version = 2
		disabled_plugins = ["$cri"]
	END
	! is_at_least 2 || cat <<-END
		version = 3
		disabled_plugins = ["$cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime"]
	END
	cat <<-END
		root = "$PWD/containerd/root"
		state = "$PWD/containerd/state"
		oom_score = 0
		[grpc]
		address = "$PWD/containerd/socket"
		[ttrpc]
		address = "$PWD/containerd/ttrpc"
		[proxy_plugins.shale]
		type = "snapshot"
		address = "$PWD/snapshotter.sock"
	END
	! has_diff_proxies || cat <<-END
		capabilities = ["remap-ids"]
		[proxy_plugins.shale-diff]
		type = "diff"
		address = "$PWD/snapshotter.sock"
		[plugins."io.containerd.service.v1.diff-service"]
		default = ["shale-diff", "walking"]
	END
	! is_at_least 2 || cat <<-END
		[[plugins."io.containerd.transfer.v1.local".unpack_config]]
		platform = "linux/amd64"
		snapshotter = "shale"
		differ = "shale-diff"
	END
}

# Waits until containerd uses the snapshotter again: it waits a second before it connects again.
snapshotter_is_back() {
	local i
	# shellcheck disable=SC2034 # a count
	for i in {1..50}; do
		! snapshots ls >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	snapshots ls
}

start_containerd() {
	local i
	containerd -c containerd/config.toml >>containerd/log 2>&1 </dev/null &
	containerd=$!
	# shellcheck disable=SC2034 # a count
	for i in {1..150}; do
		! ctr version >/dev/null 2>&1 || return 0
		kill -0 $containerd 2>/dev/null || break
		sleep 0.2
	done
	tail -n 20 containerd/log >&2
	return 1
}

stop_containerd() {
	kill -TERM $containerd
	wait $containerd
}

run_container() { # IMAGE NAME COMMAND...
	ctr run --rm --snapshotter shale "docker.io/library/$1" "${@:2}"
}

# Stops a container that was started with -d.
end_container() { # NAME
	local i
	ctr task kill -s KILL "$1"
	# shellcheck disable=SC2034 # a count
	for i in {1..50}; do
		! ctr task delete "$1" >/dev/null 2>&1 || break
		sleep 0.1
	done
	ctr container delete "$1"
}

# Counts the snapshotter's open descriptors.
open_files() {
	readlink /proc/$snapshotter/fd/* 2>/dev/null | sed 's/:\[.*//' | sort | grep -vc socket
}

# Waits until the snapshotter has as many open files as WANTED: containerd may still collect, which
# opens files for a moment.
assert_open_files() { # WANTED
	local i
	# shellcheck disable=SC2034 # a count
	for i in {1..100}; do
		[ "$(open_files)" != "$1" ] || return 0
		sleep 0.1
	done
	assert_eq "$(readlink /proc/$snapshotter/fd/*)" "$1 of them" 'open files of the snapshotter'
}
