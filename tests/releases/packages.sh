#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds Debian's packages in one fresh root of a release, and installs and uses them in another.
#
#	tests/releases/packages.sh [RELEASE [DIR]]	as root; make check-packages [RELEASE=trixie]
#
# With DIR the packages stay there. The roots are made as debian.sh makes its own, and are removed at the end.
set -eu -o pipefail
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C.UTF-8
top=$(realpath "$(dirname "$0")/../..")
release=${1:-bookworm} keep=${2-}

skip() { # REASON
	echo "1..0 # SKIP $1"
	exit "${SHALE_MUST_RUN:-0}"
}

. "${0%/*}/lib-root.sh"

# In the first root: the packages of the tree in /shale go to /packages.
make_packages() {
	cd /shale
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -q
	apt-get install -q -y --no-install-recommends autoconf automake libtool lintian
	apt-get build-dep -q -y ./packaging
	autoreconf -fi
	mkdir build
	cd build
	../configure -q
	make packages
	mv packages /packages
	lintian --allow-root --fail-on error,warning /packages/*.changes
}

in_root() { # ROOT FUNCTION
	packages_inside="$1 $2" unshare --mount --pid --ipc --uts --fork --kill-child --mount-proc \
		--propagation private bash "$0" "$release"
}

if [ "${packages_inside-}" ]; then
	read -r root step <<<"$packages_inside"
	export -n packages_inside
	case $step in
	make) enter "$root" bash /shale/tests/releases/packages.sh --make ;;
	use) enter "$root" bash /shale/tests/releases/installed.sh /packages ;;
	esac
fi
if [ "$release" = --make ]; then
	make_packages
	exit
fi
make_scratch "packages-$release"
make_root "$scratch/clean"
cp -a "$scratch/clean" "$scratch/build"
copy_tree "$scratch/build/shale"
if ! in_root "$scratch/build" make >"$scratch/log" 2>&1; then
	{ grep -E '^(FAIL|ERROR|[EW]): ' "$scratch/log" || true; tail -n 40 "$scratch/log"; } | sed 's/^/# /'
	printf 'not ok 1 - %s\n1..1\n' 'the packages are built, and lintian finds nothing'
	exit 1
fi
mv "$scratch/build/packages" "$scratch/clean/packages"
[ -z "$keep" ] || cp -r "$scratch/clean/packages/." "$keep"
mkdir -p "$scratch/clean/shale/tests/releases" "$scratch/clean/shale/tests/quickstart"
cp "$top/tests/releases/installed.sh" "$scratch/clean/shale/tests/releases"
cp "$top/tests/quickstart/client.c" "$scratch/clean/shale/tests/quickstart"
in_root "$scratch/clean" use
