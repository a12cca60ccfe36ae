# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Runs podman and buildah with shale-fuse as their mount_program, or with the kernel's overlayfs.
#
# The engines get what they need in namespaces of their own: cgroups of version 2 alone (crun
# refuses a mixture), limits that they may set without CAP_SYS_RESOURCE, a configuration and
# directories of the case's own, and a Debian base system, $scratch/base.tar, which ../../quickstart
# makes, too.

# Runs once before the cases, as root.
prepare_engines() {
	local cache=${SHALE_ENGINES_CACHE:-${CACHE:-$here/../../build/quickstart-cache}}
	umount -R /sys/fs/cgroup 2>/dev/null
	printf "nobody:200000:65536\n" >"$scratch/etc/subids"
	mount -t cgroup2 shale-cgroup /sys/fs/cgroup || return
	cp "$(make_base "$cache")" "$scratch/base.tar"
	[ -s "$scratch/base.tar" ]
}

make_base() { # CACHE
	local file
	for file in "$1"/bookworm-*.tar; do
		[ ! -s "$file" ] || break
		# shellcheck disable=SC2034 # for image.sh
		file=$1/bookworm-$(dpkg --print-architecture).tar rootless=no
		mkdir -p "$1"
		(. "$here/../quickstart/image.sh" && base_system "$file") >"$scratch/base.log" 2>&1 ||
			{ cat "$scratch/base.log" >&2 && return 1; }
	done
	realpath "$file"
}

needs() { # PROGRAM...
	local program
	for program; do
		command -v "$program" >/dev/null || skip "no $program"
	done
	[ -s "$scratch/base.tar" ] || skip 'no base system, see above'
}

# Writes a configuration, and makes the engine's directories, for the driver $1: kernel or fuse. The
# path of the run directory must have at most 50 characters: otherwise rootless podman never cleans
# up after a container, and waits 20 seconds for it each time.
configure_engine() { # kernel|fuse
	local dir=$PWD/$1
	mkdir -p "$dir/tmp" "$dir/home" "$dir/r"
	chmod 700 "$dir/r"
	cat >"$dir/containers.conf" <<-'END'
		[containers]
		default_ulimits=["nofile=1024:1024","nproc=4096:4096"]
		netns="none"
		cgroups="disabled"
		[engine]
		cgroup_manager="cgroupfs"
		events_logger="file"
		runtime="crun"
	END
	cat >"$dir/storage.conf" <<-END
		[storage]
		driver = "overlay"
		graphroot = "$dir/root"
		runroot = "$dir/r/root"
		rootless_storage_path = "$dir/root"
	END
	[ "$1" = kernel ] || cat >>"$dir/storage.conf" <<-END
		[storage.options.overlay]
		mount_program = "$SHALE_FUSE"
	END
	printf '{"default":[{"type":"insecureAcceptAnything"}]}' >"$dir/policy.json"
}

# Runs PROGRAM with the configuration that the case wrote last, and without the caller's
# environment.
engine() { # kernel|fuse PROGRAM ARGUMENT...
	local dir=$PWD/$1
	shift
	env -i PATH="$PATH" LC_ALL=C HOME="$dir/home" TMPDIR="$dir/tmp" XDG_RUNTIME_DIR="$dir/r" \
		CONTAINERS_CONF="$dir/containers.conf" CONTAINERS_STORAGE_CONF="$dir/storage.conf" \
		"$@"
}

podman() {
	engine "$backend" podman "$@"
}

buildah() {
	engine "$backend" buildah "$@"
}

# Stops the processes that rootless podman keeps running, and unmounts its mounts, so that nothing
# is left.
stop_engine() { # kernel|fuse
	local pid
	pid=$(cat "$PWD/$1/r/libpod/tmp/pause.pid" 2>/dev/null) && kill -KILL "$pid"
	if [ "$kind" = root ]; then
		# podman 5.8 unmounts the directory itself, perhaps just now.
		umount "$1/root/overlay" 2>/dev/null || ! is_mounted "$1/root/overlay"
	fi
}
