#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs a whole store on each kind of filesystem, made on a loop device. The kernel's overlayfs mounts
# there, or FUSE does and the reason is printed. Also tests a HOME whose path is almost as long as a
# path can be.
. "${0%/*}/lib.sh"

make_and_mount() { # HOST, at ./host
	mkdir host
	case $1 in
	tmpfs) mount -t tmpfs -o size=64m x host ;;
	overlay)
		mkdir below above aside
		mount -t overlay -o lowerdir=below,upperdir=above,workdir=aside x host
		;;
	ext4-no-ftype)
		truncate -s 64M image
		mkfs.ext4 -q -O ^filetype image
		mount -o loop image host
		;;
	*)
		truncate -s 320M image
		"mkfs.$1" -q image >/dev/null
		mount -o loop image host
		;;
	esac
}

# Imports an image, works in a layer, diffs, commits and exports.
work_in_store() {
	local merged
	store_with_layers
	merged=$(shale get rw)
	grep -q " $merged .*$1" /proc/self/mounts
	echo more >>"$merged/etc/one"
	mv "$merged/srv/page" "$merged/srv/moved"
	rm -r "$merged/usr/bin"
	mkdir "$merged/usr/bin"
	tree "$merged" >wanted
	shale put rw
	shale commit rw frozen >/dev/null
	shale create --rw --parent frozen again >/dev/null
	merged=$(shale get again)
	tree "$merged" | diff wanted -
	shale put again
	shale export frozen oci:image >/dev/null
	shale check
}

scenario() {
	make_and_mount "$host"
	cd host
	shale init
	shale status >status
	work_in_store "$wanted_type"
	[ -z "$wanted_reason" ] || grep "^Backend Reason: .*$wanted_reason" status
	cd ..
	umount host
}
for row in 'ext4|overlay|' 'xfs|overlay|' 'btrfs|overlay|' 'tmpfs|overlay|' \
	'ext4-no-ftype|fuse|does not keep the type of a file'; do
	IFS='|' read -r host wanted_type wanted_reason <<<"$row"
	once_as root "a store on $host is mounted by $wanted_type"
done

# That filesystem refuses a device 0/0, so a whiteout is a file with a mark.
scenario() {
	local merged
	make_and_mount overlay
	cd host
	shale init
	shale status | grep '^Backend Reason: .*refuses an upper directory on overlay'
	store_with_layers
	merged=$(shale get rw)
	grep -q " $merged fuse" /proc/self/mounts
	echo more >>"$merged/etc/one"
	echo new >"$merged/srv/new"
	rm "$merged/srv/page"
	rm -r "$merged/usr/bin"
	mkdir "$merged/usr/bin"
	tree "$merged" >wanted
	shale put rw
	assert_eq "$(shale changes rw | tr '\n' ' ')" \
		'C /etc C /etc/one C /srv A /srv/new D /srv/page C /usr C /usr/bin D /usr/bin/alias D /usr/bin/tool '
	merged=$(shale get rw)
	tree "$merged" | diff wanted -
	shale put rw
	assert_eq "$(shale diff rw | tar t | grep -F .wh. | sort | tr '\n' ' ')" 'srv/.wh.page usr/bin/.wh..wh..opq '
	cd ..
	umount host
}
once_as root 'a store on overlay is mounted by fuse, and loses nothing'

# A read-only image with a lower layer's files may be mounted at the layer's place.
scenario() {
	local merged
	store_with_layers
	case $image_kind in
	squashfs) mksquashfs home/base/diff image -quiet -no-progress ;;
	erofs) mkfs.erofs image home/base/diff >made 2>&1 ;;
	esac
	mount -o loop,ro image home/base/diff
	merged=$(shale get rw)
	assert_content "$merged/etc/one" one
	echo more >>"$merged/etc/one"
	mv "$merged/srv/page" "$merged/srv/moved"
	rm "$merged/usr/bin/tool"
	shale put rw
	merged=$(shale get rw)
	assert_content "$merged/etc/one" "$(printf 'one\nmore')"
	assert_content "$merged/srv/moved" served
	assert_absent "$merged/usr/bin/tool" "$merged/srv/page"
	shale put rw
	shale diff rw | tar t >/dev/null
	assert_eq "$(shale changes rw | tr '\n' ' ')" \
		'C /etc C /etc/one C /srv A /srv/moved D /srv/page C /usr C /usr/bin D /usr/bin/tool '
	umount home/base/diff
}
for image_kind in squashfs erofs; do
	on_each_backend "a lower layer may lie on $image_kind"
done

scenario() {
	local name merged i
	name=$(printf 'a:b,%0190d' 0)
	for i in $(seq 19); do
		mkdir "$name"
		cd "$name"
	done
	work_in_store .
	[ ${#PWD} -gt 3700 ]
}
on_each_backend 'HOME may have a path of nearly 4096 bytes'
