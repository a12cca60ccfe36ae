#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `./quickstart test` in a fresh root of another Debian release, with its own compilers, libraries and mount(8).
#
#	tests/releases/debian.sh RELEASE [GATE...]	as root; make check-debian13 [GATES='build-gcc check-gcc']
#
# The root is made by debootstrap from the mirror that this host installs from, in a scratch directory below
# SHALE_TEST_DIR or /var/tmp, which takes 5 GB, and is removed at the end. All mounts and processes live in
# namespaces that end with this script. Nothing is tested, and that is said, without root or a mirror.
set -eu -o pipefail
export PATH=$PATH:/usr/sbin:/sbin
top=$(realpath "$(dirname "$0")/../..")
release=${1:-trixie}

skip() { # REASON
	echo "1..0 # SKIP $1"
	exit "${SHALE_MUST_RUN:-0}"
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

if [ "${debian_inside-}" ]; then
	export -n debian_inside
	enter "$debian_inside" /shale/quickstart test "${@:2}"
fi
[ "$(id -u)" = 0 ] || skip 'needs root'
command -v debootstrap >/dev/null || skip 'no debootstrap'
scratch=$(mktemp -d "${SHALE_TEST_DIR:-/var/tmp}/shale-$release.XXXXXX")
trap 'rm -rf --one-file-system "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 755 "$scratch"
make_root "$scratch/root"
copy_tree "$scratch/root/shale"
debian_inside=$scratch/root unshare --mount --pid --ipc --uts --fork --kill-child --mount-proc --propagation private \
	bash "$0" "$@"
