# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Roots of Debian releases, in which tests run as on a fresh machine. Sourced by tests of this folder, which define
# skip REASON, and set top and release.

# Makes the directory $scratch for roots, which is removed when the script ends.
make_scratch() { # NAME
	[ "$(id -u)" = 0 ] || skip 'needs root'
	command -v debootstrap >/dev/null || skip 'no debootstrap'
	scratch=$(mktemp -d "${SHALE_TEST_DIR:-/var/tmp}/shale-$1.XXXXXX")
	trap 'rm -rf --one-file-system "$scratch"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	chmod 755 "$scratch"
}

make_root() { # DIR
	local http_proxy uri
	# shellcheck disable=SC2016 # for apt
	uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' \
		'Component: main' | sed 1q)
	[ -n "$uri" ] || skip "no Debian mirror in this host's apt sources"
	eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
	export http_proxy
	debootstrap --variant=minbase --include=ca-certificates,mount,procps "$release" "$1" "$uri" \
		>"$1.log" 2>&1 || { tail -n 5 "$1.log" | sed 's/^/# /' && skip "no root of $release could be made"; }
	# Packages must not start services.
	printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
	chmod 755 "$1/usr/sbin/policy-rc.d"
	rm -f "$1/etc/resolv.conf"
	cp -L /etc/resolv.conf "$1/etc/resolv.conf"
	cp -r /etc/apt/apt.conf.d/. "$1/etc/apt/apt.conf.d"
	# A package may have its own version of such a file.
	echo 'DPkg::Options { "--force-confdef"; "--force-confold"; };' >"$1/etc/apt/apt.conf.d/99keep-files"
}

# Copies the tree with uncommitted changes, if git knows it; else everything but builds.
copy_tree() { # DIR
	local files
	mkdir -p "$1"
	if files=$(cd "$top" && git ls-files --cached --others --exclude-standard 2>/dev/null) && [ -n "$files" ]; then
		tar -C "$top" -cf - --ignore-failed-read -T <(printf '%s\n' "$files") | tar -C "$1" -xf -
	else
		tar -C "$top" --exclude=./build -cf - . | tar -C "$1" -xf -
	fi
}

# Enters a root that is a mount, and no chroot(2), so that user namespaces can be made in it.
enter() { # ROOT COMMAND...
	local node
	cd "$1"
	shift
	mount --bind . .
	cd "$PWD"
	mount -t proc shale-proc proc
	mount -t sysfs shale-sys sys
	mount --rbind /sys/fs/cgroup sys/fs/cgroup
	mount -t tmpfs -o mode=755 shale-dev dev
	for node in null zero full random urandom tty loop-control fuse /dev/loop[0-9]*; do
		node=${node#/dev/}
		[ -e "/dev/$node" ] || continue
		touch "dev/$node"
		mount --bind "/dev/$node" "dev/$node"
	done
	mkdir dev/pts dev/shm
	mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 shale-pts dev/pts
	mount -t tmpfs -o mode=1777 shale-shm dev/shm
	mount -t tmpfs -o mode=755 shale-run run
	mkdir run/lock
	ln -s pts/ptmx dev/ptmx
	ln -s /proc/self/fd dev/fd
	for node in stdin:0 stdout:1 stderr:2; do
		ln -s "fd/${node#*:}" "dev/${node%:*}"
	done
	ln -sf /proc/self/mounts etc/mtab
	mkdir -p .old
	pivot_root . .old
	cd /
	umount -l /.old
	unset TMPDIR SHALE_TEST_DIR
	HOME=/root exec "$@"
}
