#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds the tree for another processor in a fresh root of Debian, and runs the unit tests in an emulator.
#
#	tests/releases/processor.sh ARCHITECTURE	as root; make check-processor PROCESSOR=s390x
#
# ARCHITECTURE is Debian's name of one: s390x has another byte order. The compiler is that of this
# processor, the libraries are the other's packages. The root is made as debian.sh makes its own, and is
# removed at the end.
set -eu -o pipefail
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C.UTF-8
top=$(realpath "$(dirname "$0")/../..")
release=bookworm architecture=${1:-s390x}

skip() { # REASON
	echo "1..0 # SKIP $1"
	exit "${SHALE_MUST_RUN:-0}"
}

. "${0%/*}/lib-root.sh"

case $architecture in
s390x) machine=s390x-linux-gnu ;;
arm64) machine=aarch64-linux-gnu ;;
ppc64el) machine=powerpc64le-linux-gnu ;;
*)
	echo "processor.sh: '$architecture' is none of s390x, arm64 and ppc64el" >&2
	exit 2
	;;
esac

# Build-Depends of the packages, for the other processor.
libraries() {
	sed -n '/^Build-Depends/,/^[A-Z]/s/^[ ]*\(check\|lib[^ ,]*-dev\|zlib1g-dev\).*/\1/p' packaging/debian/control
}

install_compiler() {
	export DEBIAN_FRONTEND=noninteractive
	local name packages=()
	for name in $(libraries); do
		packages+=("$name:$architecture")
	done
	dpkg --add-architecture "$architecture"
	apt-get update -q
	apt-get install -q -y --no-install-recommends autoconf automake libtool make pkgconf protobuf-c-compiler \
		qemu-user "gcc-${machine//_/-}" "libc6-dev-$architecture-cross" "${packages[@]}"
}

build() {
	export PKG_CONFIG_LIBDIR=/usr/lib/$machine/pkgconfig:/usr/share/pkgconfig
	autoreconf -fi
	mkdir build
	cd build
	../configure -q --host="$machine" --disable-static CFLAGS='-O2 -g -Werror'
	make -s -j"$(nproc)"
	make -s -j"$(nproc)" check TESTS=
}

# In the root. The emulator passes system calls on to this host's kernel, but neither filters of them nor
# user namespaces: tests that need one are left out, and a skip is no failure.
inside() {
	cd /shale
	if ! (install_compiler && build) >/build.log 2>&1; then
		tail -n 40 /build.log | sed 's/^/# /'
		printf 'not ok 1 - %s\n1..1\n' "the tree builds for $architecture"
		exit 1
	fi
	local emulator=${machine%%-*}
	cd build
	env -u SHALE_MUST_RUN make -s -k -j"$(nproc)" check-unit \
		LOG_COMPILER="qemu-${emulator/powerpc/ppc}" UNITS_LEFT_OUT='kernel_test kernel_backing_test'
}

if [ "${processor_inside-}" ]; then
	root=$processor_inside
	export -n processor_inside
	enter "$root" bash /shale/tests/releases/processor.sh "$architecture" --inside
elif [ "${2-}" = --inside ]; then
	inside
	exit
fi
make_scratch "$architecture"
make_root "$scratch/root"
copy_tree "$scratch/root/shale"
processor_inside=$scratch/root unshare --mount --pid --ipc --uts --fork --kill-child --mount-proc \
	--propagation private bash "$0" "$architecture"
