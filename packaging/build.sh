#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds Debian's packages of a release.
#
#	packaging/build.sh TARBALL DIR [DPKG-BUILDPACKAGE-OPTION...]	make packages
#
# The packages come to DIR, which is made. The packages that debian/control names under Build-Depends must be
# there: `apt-get build-dep ./packaging` installs them.
set -eu -o pipefail
export LC_ALL=C.UTF-8
[ $# -ge 2 ] || { sed -n 5p "$0" >&2; exit 2; }
tarball=$(realpath "$1")
mkdir -p "$2"
packages=$(realpath "$2")
options=("${@:3}")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/shale-packages.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

tar -C "$scratch" -xf "$tarball"
cd "$scratch"/shale-*/
cp -r packaging/debian debian
version=$(dpkg-parsechangelog -SVersion)
[ "shale-${version%-*}" = "$(basename "$PWD")" ] || {
	echo "build.sh: debian/changelog has version $version, but this is $(basename "$PWD"): mend debian/changelog" >&2
	exit 1
}
cp "$tarball" "../shale_${version%-*}.orig.tar.xz"
dpkg-buildpackage -us -uc "${options[@]}"
cd ..
rm -f ./*.orig.tar.xz.asc
find . -maxdepth 1 -type f -exec cp -t "$packages" {} +
