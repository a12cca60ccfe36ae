#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The main job: imports an image, works on it through the kernel and through FUSE, and exports it.
# usage (in mount and pid namespaces of its own, see ../../quickstart): main-job.sh BUILD SCRATCH
# [IMAGE] Downloads are kept in $CACHE. BUILD is where make has run; the caller removes SCRATCH.
# shellcheck disable=SC2034 # rootless and stamp are for work.sh and image.sh
set -u -o pipefail
build=$1 scratch=$2 image=${3-}
export LC_ALL=C TZ=UTC SHALE_HOME=$scratch/store SHALE_RUN=$scratch/run PATH=$PATH:/usr/sbin:/sbin
unset SHALE_BACKEND
stamp='2024-01-01 00:00:00 UTC'
rootless=no
[ "$(stat -Lc %i /proc/self/ns/user)" = 4026531837 ] || rootless=yes
here=$(dirname "$(realpath "$0")")
. "$here/image.sh"
. "$here/compare.sh"
. "$here/work.sh"
umask 022

shale() {
	"$build/shale" "$@"
}

# ---- telling -----------------------------------------------------------------------------------

steps=()
declare -A took

# Runs COMMAND as one step and notes its time for the table. COLUMN: kernel, fuse or both.
step() { # COLUMN WORDS COMMAND...
	local column=$1 words=$2 from=$EPOCHREALTIME seconds
	shift 2
	printf '%-7s %-52s' "$column" "$words"
	if ! "$@" >"$scratch/log" 2>&1; then
		printf 'FAILED\n'
		tail -n 30 "$scratch/log" >&2
		exit 1
	fi
	local hundredths=$(((${EPOCHREALTIME/./} - ${from/./} + 5000) / 10000))
	printf -v seconds '%d.%02d s' $((hundredths / 100)) $((hundredths % 100))
	printf '%10s\n' "$seconds"
	took["$column $words"]=$seconds
	case " ${steps[*]-} " in
	*" <$words> "*) ;;
	*) steps+=("<$words>") ;;
	esac
}

table() {
	local words
	printf '\n%-48s %12s %12s\n' step kernel fuse
	for words in "${steps[@]}"; do
		words=${words#<} words=${words%>}
		if [ -n "${took[both $words]-}" ]; then
			printf '%-48s %25s\n' "$words" "${took[both $words]}"
		else
			printf '%-48s %12s %12s\n' "$words" "${took[kernel $words]--}" "${took[fuse $words]--}"
		fi
	done
}

# ---- the steps ---------------------------------------------------------------------------------

get() { # BACKEND ID: the path goes to $scratch/path.BACKEND
	shale --backend "$1" get "$2" >"$scratch/path.$1"
}

put() { # ID
	shale put "$1"
}

path() { # BACKEND
	cat "$scratch/path.$1"
}

changes() { # ID FILE
	shale changes "$1" >"$2" && [ -s "$2" ]
}

diff_of() { # ID FILE
	shale diff "$1" >"$2"
}

manifest_to() { # DIR FILE
	manifest "$1" >"$2"
}

# Unpacks LAYOUT:TAG with umoci and lists the tree as a manifest.
unpacked() { # LAYOUT:TAG FILE
	rm -rf "$scratch/bundle"
	umoci unpack --keep-dirlinks --image "$1" "$scratch/bundle" &&
		manifest "$scratch/bundle/rootfs" >"$2" && rm -r "$scratch/bundle"
}

read_back() { # BACKEND: the exported image, through skopeo
	skopeo inspect --config "oci-archive:$scratch/$1.oci.tar" >"$scratch/$1.config" &&
		skopeo copy --insecure-policy -q "oci-archive:$scratch/$1.oci.tar" \
			"oci:$scratch/$1.oci:latest" &&
		umoci stat --image "$scratch/$1.oci:latest"
}

prepare_image() {
	cache=${CACHE:?}
	mkdir -p "$cache"
	if [ -z "$image" ]; then
		image=$cache/bookworm-$(dpkg --print-architecture).tar
		step both 'make a Debian base system (debootstrap)' base_system "$image"
	fi
	step both 'fetch a package' package "$cache"
	deb=$(echo "$cache"/hello_*.deb)
	step both 'make an OCI image of it' as_layout "$image" "$scratch/image"
	step both 'unpack it with umoci' umoci unpack --keep-dirlinks --image "$scratch/image:base" \
		"$scratch/base"
	step both 'add a second layer' second_layer "$scratch/image" "$scratch/base/rootfs"
	rm -r "$scratch/base"
	step both 'make an OCI archive' skopeo copy --insecure-policy -q \
		"oci:$scratch/image:two" "oci-archive:$scratch/image.tar:two"
	step both 'unpack both with umoci, read that' unpacked "$scratch/image:two" "$scratch/image.manifest"
}

import() {
	shale import "oci-archive:$scratch/image.tar" quickstart >"$scratch/base.id"
}

both() { # FUNCTION
	"$1" kernel
	"$1" fuse
}

work_on() { # BACKEND
	local id=work-$1 since=$EPOCHREALTIME
	shale --backend "$1" create --rw --parent "$(cat "$scratch/base.id")" "$id" >/dev/null || exit 1
	step "$1" 'mount (get)' get "$1" "$id"
	step "$1" 'read the whole tree' manifest_to "$(path "$1")" "$scratch/base.$1.manifest"
	step "$1" 'install a package in a chroot' install_package "$(path "$1")" "$deb"
	step "$1" 'edit, delete, rename, chown, link' edit "$(path "$1")"
	step "$1" 'changes' changes "$id" "$scratch/$1.changes"
	step "$1" 'give the changed files one time' stamp_changes "$(path "$1")" "$since"
	step "$1" 'read the whole tree again' manifest_to "$(path "$1")" "$scratch/$1.manifest"
	step "$1" 'unmount (put)' put "$id"
	step "$1" 'diff' diff_of "$id" "$scratch/$1.tar"
	step "$1" 'commit' shale commit "$id" "done-$1"
	step "$1" 'export an OCI archive' shale export "done-$1" "oci-archive:$scratch/$1.oci.tar"
	step "$1" 'skopeo reads it' read_back "$1"
	step "$1" 'umoci unpacks it, read that' unpacked "$scratch/$1.oci:latest" "$scratch/$1.unpacked.manifest"
}

read_layer() { # BACKEND ID
	get "$1" "$2" && manifest_to "$(path "$1")" "$scratch/$1.swapped.manifest" && put "$2"
}

# Mounts the other backend's layer by this one.
swap() { # BACKEND
	local other=kernel
	[ "$1" = fuse ] || other=fuse
	step "$1" 'mount the layer of the other, read it' read_layer "$1" "work-$other"
}

diff_ids() { # BACKEND
	grep -o 'sha256:[0-9a-f]*' "$scratch/$1.config"
}

identical() {
	local s=$scratch bad=0
	same 'the image (umoci, kernel)' "$s/image.manifest" "$s/base.kernel.manifest" || bad=1
	same 'the image (umoci, FUSE)' "$s/image.manifest" "$s/base.fuse.manifest" || bad=1
	same 'the changes' "$s/kernel.changes" "$s/fuse.changes" || bad=1
	same_tars 'the diffs' "$s/kernel.tar" "$s/fuse.tar" || bad=1
	same 'the trees' "$s/kernel.manifest" "$s/fuse.manifest" || bad=1
	same "kernel's layer (kernel, FUSE)" "$s/kernel.manifest" "$s/fuse.swapped.manifest" || bad=1
	same "FUSE's layer (FUSE, kernel)" "$s/fuse.manifest" "$s/kernel.swapped.manifest" || bad=1
	same 'the export (kernel, umoci)' "$s/kernel.manifest" "$s/kernel.unpacked.manifest" || bad=1
	same 'the export (FUSE, umoci)' "$s/fuse.manifest" "$s/fuse.unpacked.manifest" || bad=1
	same 'the diff ids' <(diff_ids kernel) <(diff_ids fuse) || bad=1
	return $bad
}

nothing_left() {
	shale cleanup >/dev/null || return 1
	! grep " $scratch" /proc/self/mountinfo
}

prepare_image
step both 'import' import
shale status
both work_on
both swap

printf '\nwhat changed (%s paths):\n' "$(wc -l <"$scratch/kernel.changes")"
sed 12q "$scratch/kernel.changes"
echo ...
table
if ! identical; then
	echo 'identical: no'
	exit 1
fi
if ! nothing_left; then
	echo 'a mount was left behind'
	exit 1
fi
echo 'identical: yes (changes; diffs byte for byte; trees; trees with the mounts swapped; exports)'
