#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs the packages in a fresh root of a Debian release, and uses them as README.md shows. Run by packages.sh
# in that root: installed.sh DIR, where the packages are.
set -u -o pipefail
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
packages=$1 count=1 failed=0
log=/tmp/installed.log
echo 'ok 1 - the packages are built, and lintian finds nothing'

claim() { # WORDS COMMAND...
	count=$((count + 1))
	if ("${@:2}") >"$log" 2>&1; then
		echo "ok $count - $1"
	else
		failed=1
		echo "not ok $count - $1"
		tail -n 20 "$log" | sed 's/^/# /'
	fi
}

install_runtime() {
	local name files=()
	apt-get update -q
	for name in libshale0 shale shale-fuse shale-docker shale-snapshotter; do
		files+=("$packages/${name}"_[0-9]*.deb)
	done
	apt-get install -q -y --no-install-recommends uidmap "${files[@]}"
}

# Each program starts with the libraries that its package asked for, libarchive and libcrypto too.
programs_start() {
	local version
	version=$(dpkg-query -W -f '${Version}' shale) || return
	version=${version%-*}
	for program in shale shale-fuse shale-docker shale-snapshotter; do
		"$program" --version | grep -F "$version" || return
	done
}

make_rootfs() {
	tar -C / --one-file-system --exclude=./packages --exclude=./shale --exclude=./tmp --exclude='./var/cache' \
		--exclude='./var/lib/apt/lists' -cf /tmp/rootfs.tar .
}

# In a store of its own, an image comes in, is changed through a backend, and goes out.
session() { # BACKEND HOME
	local m
	export SHALE_HOME=$2 SHALE_RUN=$2.run SHALE_BACKEND=$1
	shale init && shale import /tmp/rootfs.tar debian && shale create --rw --parent debian work || return
	m=$(shale get work) || return
	echo hello >"$m/etc/motd" && rm -r "$m/usr/share/doc/bash" && shale put work || return
	shale changes work | tee /dev/stderr | grep -Fx 'D /usr/share/doc/bash' || return
	shale commit work changed && shale export changed "oci-archive:$2.tar:changed" || return
	[ "$(shale run changed cat /etc/motd)" = hello ] || return
	shale check && shale status | grep "$1"
}

as_user() { # USER COMMAND...
	runuser -u "$1" -- env -u XDG_RUNTIME_DIR HOME="/home/$1" bash -c "$(declare -f session); $2"
}

uses_the_library() {
	apt-get install -q -y --no-install-recommends gcc libc6-dev pkg-config "$packages"/libshale-dev_[0-9]*.deb || return
	# shellcheck disable=SC2046 # options
	gcc -Wall -Werror -o /tmp/client /shale/tests/quickstart/client.c $(pkg-config --cflags --libs shale) &&
		/tmp/client /tmp/client-store
}

leave_nothing() {
	local left
	apt-get purge -q -y shale shale-fuse shale-docker shale-snapshotter libshale-dev libshale0 || return
	left=$(find /usr /etc /var/lib /lib -xdev -iname '*shale*' -not -path '/var/lib/dpkg/*')
	echo "$left"
	[ -z "$left" ]
}

claim 'the packages install with what they ask for alone' install_runtime
claim 'each program starts and says its version' programs_start
claim 'manual pages, units and completions are there' test -e /usr/share/man/man1/shale.1.gz -a \
	-e /usr/share/man/man5/shale-store.5.gz -a -e /usr/lib/systemd/system/shale-docker.socket -a \
	-e /usr/lib/systemd/system/shale-snapshotter.socket -a -e /usr/lib/tmpfiles.d/shale.conf -a -e /usr/share/bash-completion/completions/shale
claim 'a root filesystem is at hand' make_rootfs
mkdir -p /run/stores
mount -t tmpfs shale-stores /run/stores
claim 'root works through the kernel' session kernel /run/stores/kernel
claim 'root works through FUSE' session fuse /run/stores/fuse
useradd -m with-ids
useradd -m without-ids
sed -i '/^without-ids:/d' /etc/subuid /etc/subgid
chmod 666 /dev/fuse
claim 'a user with subordinate ids works through FUSE' as_user with-ids 'shale unshare bash -c "$(declare -f session); session fuse ~/store"'
claim 'a user with subordinate ids works through the kernel' as_user with-ids 'shale unshare bash -c "$(declare -f session); session kernel ~/store-kernel"'
claim 'a user without subordinate ids works through FUSE' as_user without-ids 'shale unshare bash -c "$(declare -f session); session fuse ~/store"'
claim 'a program is built on libshale' uses_the_library
claim 'purging the packages leaves nothing' leave_nothing
umount -l /run/stores
echo "1..$count"
exit $failed
