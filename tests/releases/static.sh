#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Uses the programs of `make static` in a root that holds nothing else: no libc, no shell, no users.
#
#	tests/releases/static.sh BUILD IMAGE	as root; make check-static IMAGE=rootfs.tar
#
# IMAGE is a root filesystem tar with /bin/sh; without one debootstrap makes it. Mounts and processes live in
# namespaces that end with this script.
set -u -o pipefail
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C
build=$(realpath "$1/static") image=${2-} count=0 failed=0

skip() { # REASON
	echo "1..0 # SKIP $1"
	exit "${SHALE_MUST_RUN:-0}"
}

claim() { # WORDS COMMAND...
	count=$((count + 1))
	if "${@:2}" >"$root.log" 2>&1; then
		echo "ok $count - $1"
	else
		failed=1
		echo "not ok $count - $1"
		tail -n 20 "$root.log" | sed 's/^/# /'
	fi
}

make_image() { # FILE
	. "$(dirname "$0")/lib-root.sh"
	release=bookworm
	make_root "$root.debian"
	tar -C "$root.debian" -cf "$1" .
	rm -rf "$root.debian"
}

make_root_of_two_files() {
	local node
	mount --bind "$root" "$root"
	mkdir -p "$root"/{proc,dev,tmp,etc,var}
	cp "$build/shale" "$build/shale-fuse" "$root"
	mount -t proc shale-proc "$root/proc"
	mount -t tmpfs shale-tmp "$root/tmp"
	mknod -m 666 "$root/dev/fuse" c 10 229
	for node in null:3 zero:5 full:7 random:8 urandom:9; do
		mknod -m 666 "$root/dev/${node%:*}" c 1 "${node#*:}"
	done
	mknod -m 666 "$root/dev/tty" c 5 0
	chmod 1777 "$root/tmp"
	exec 3<"$image"
}

needs_no_loader() {
	local program
	for program in shale shale-fuse; do
		[ "$(readelf -lW "$build/$program" | grep -c INTERP)" = 0 ] || return
		env -i "$(command -v chroot)" "$root" "/$program" --version || return
	done
}

shale() { # ARGUMENT...
	"${enter[@]}" chroot "$root" /shale --home "$home" --run "$home.run" "$@"
}

session() { # BACKEND
	local answer
	home=/tmp/$1-$2
	zstd -qc "$image" | shale import - debian && shale --backend "$1" create --rw --parent debian work || return
	answer=$(shale --backend "$1" run --keep changed debian /bin/sh -c 'echo hello >/etc/motd; rm -r /usr/share/doc/bash; cat /etc/motd')
	[ "$answer" = hello ] || { echo "answer: $answer"; return 1; }
	shale changes changed | tee /dev/stderr | grep -Fx 'D /usr/share/doc/bash' || return
	shale commit changed new && shale export new "oci-archive:$home.tar:new" && shale check
}

if [ -z "${static_inside-}" ]; then
	[ "$(id -u)" = 0 ] || skip 'needs root'
	[ -x "$build/shale-fuse" ] || skip 'make static has not run'
	root=$(mktemp -d "${SHALE_TEST_DIR:-/var/tmp}/shale-static.XXXXXX")
	trap 'rm -rf --one-file-system "$root" "$root".*' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	if [ -z "$image" ]; then
		image=$root.tar
		make_image "$image"
	fi
	chmod 755 "$root"
	static_inside=$root unshare --mount --pid --ipc --fork --kill-child --mount-proc bash "$0" "$1" "$(realpath "$image")"
	exit
fi

root=$static_inside enter=()
make_root_of_two_files || exit 1
claim 'the programs start without a dynamic loader' needs_no_loader
claim 'root works through the kernel' session kernel root
claim 'root works through FUSE' session fuse root
enter=(setpriv --reuid=12345 --regid=12345 --clear-groups unshare --user --map-root-user --mount)
claim 'a user without a name and subordinate ids works through FUSE' session fuse user
echo "1..$count"
exit $failed
