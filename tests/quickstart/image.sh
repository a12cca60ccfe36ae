# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2016,SC2154 # scratch, stamp and rootless are main-job.sh's
# Makes the main job's image: a Debian base system, or the archive that the user names, each with a
# second layer on top that uses everything a layer can hold.

# Prints the Debian mirror that this host itself installs from.
mirror() {
	apt-get indextargets --format '$(REPO_URI)' \
		'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Component: main' | sed 1q
}

# Makes a base system as a tar without device nodes, as in images, so that it can be made, unpacked and
# compared in a user namespace too.
base_system() { # FILE
	local http_proxy root=$scratch/debootstrap uri in_container=
	[ ! -s "$1" ] || return 0
	uri=$(mirror)
	if [ -z "$uri" ]; then
		echo "no Debian mirror in this host's apt sources; give an image: ./quickstart IMAGE"
		return 1
	fi
	eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
	export http_proxy
	# In a user namespace device nodes cannot be made; as in a container they are bound from /dev.
	[ "$rootless" = no ] || in_container=lxc
	container=$in_container debootstrap --variant=minbase bookworm "$root" "$uri" || return 1
	tar -C "$root" --one-file-system --sort=name --numeric-owner --xattrs --xattrs-include='*' \
		--exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' \
		--exclude='./var/cache/apt/archives/*.deb' --exclude='./var/lib/apt/lists/*' \
		-cf "$1.new" . && mv "$1.new" "$1" && rm -rf "$root"
}

# Makes a small package that needs only libc.
package() { # DIR
	local deb
	for deb in "$1"/hello_*.deb; do
		[ ! -s "$deb" ] || return 0
	done
	(cd "$scratch" && apt-get download -q -o APT::Sandbox::User=root hello &&
		mv hello_*.deb "$1/")
}

kind_of() { # FILE: oci-archive, docker-archive or tar
	local names
	names=$(tar -tf "$1" | sed 's,^\./,,' | grep -xE 'oci-layout|manifest.json') || true
	case $names in
	*oci-layout*) echo oci-archive ;;
	manifest.json) echo docker-archive ;;
	*) echo tar ;;
	esac
}

# Makes LAYOUT:base of an archive of any kind.
as_layout() { # FILE LAYOUT
	local kind file=${1#*-archive:}
	kind=$(kind_of "$file") || return 1
	if [ "$kind" != tar ]; then
		skopeo copy --insecure-policy -q "$kind:$file" "oci:$2:base"
		return
	fi
	zcat -f "$file" >"$scratch/base.tar" && umoci init --layout "$2" && umoci new --image "$2:base" &&
		umoci raw add-layer --image "$2:base" "$scratch/base.tar" &&
		umoci config --image "$2:base" --config.cmd /bin/sh &&
		rm "$scratch/base.tar"
}

# Lists files of TREE that the work may change without breaking the system in it, sorted.
victims() { # TREE
	(cd "$1" && find etc usr/share -type f -links 1 -size +0 2>/dev/null |
		LC_ALL=C sort | grep -vE '^etc/(passwd|group|shadow|ld.so)|/perl')
}

# Adds the second layer: two deletions, an opaque directory, links, ids, a capability, xattrs.
second_layer() { # LAYOUT TREE (what LAYOUT:base holds)
	local layer=$scratch/layer file dir
	mkdir -p "$layer/opt/second"
	cd "$layer/opt/second" || return 1
	echo second >file && ln file hardlink && ln -s ../second/file symlink && mkfifo fifo
	truncate -s 1M sparse && printf end >>sparse
	echo ids >ids && chown 33:44 ids && chmod 4750 ids
	setfattr -n user.comment -v 'of the second layer' file
	setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 hardlink
	cd "$layer" || return 1
	file=$(victims "$2" | sed -n 5p)
	[ -z "$file" ] || whiteout "$2" "$file"
	file=$(victims "$2" | grep '^usr/' | sed -n 8p) && dir=$(dirname "${file:-.}")
	if [ "$dir" != . ]; then
		whiteout "$2" "$dir/.wh..opq"
		echo 'all that is left' >"$dir/new"
	fi
	find . -exec touch -h -d "$stamp" {} +
	tar --sort=name --numeric-owner --xattrs --xattrs-include='*' -cf ../layer.tar ./* &&
		cd .. && umoci raw add-layer --image "$1:base" --tag two layer.tar &&
		rm -r layer layer.tar
}

# Makes an empty .wh.NAME for the path of TREE; the directories above it keep owner and mode.
whiteout() { # TREE PATH
	(cd "$1" && tar --no-recursion -cf - "$(dirname "$2")") | tar -xpf - &&
		: >"$(dirname "$2")/.wh.$(basename "$2")"
}
