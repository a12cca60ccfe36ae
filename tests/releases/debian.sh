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

. "${0%/*}/lib-root.sh"

if [ "${debian_inside-}" ]; then
	export -n debian_inside
	enter "$debian_inside" /shale/quickstart test "${@:2}"
fi
make_scratch "$release"
make_root "$scratch/root"
copy_tree "$scratch/root/shale"
debian_inside=$scratch/root unshare --mount --pid --ipc --uts --fork --kill-child --mount-proc --propagation private \
	bash "$0" "$@"
