#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Layers on filesystems that work by paths and lack features: the mount must look as on the kernel's
# overlay of a tmpfs. poorfs.c is such a filesystem.
. "${0%/*}/lib.sh"
. "${0%/*}/lib-operations.sh"

compare() {
	mount_merged
	all_operations merged >said
	diff wanted/said said
	show_tree merged >tree
	if [ "$lacks" = link-attributes ]; then
		# The times of links that were copied up cannot be kept.
		sed -i -E '/symlink[0-9]* [0-9]+\.[0-9]+$/d' wanted/tree tree
		diff wanted/tree tree
		cp tree wanted/tree
	else
		diff wanted/tree tree
	fi
	remount
	show_tree merged | diff wanted/tree -
	umount_merged
	assert_eq "$(ls work/work)" '' 'left in the work directory'
}

mount_poor() { # LACKS
	mkdir backing host
	"$POORFS" ${1:+-o "$1"} backing host
}

umount_poor() {
	if [ "$kind" = plain ]; then
		fusermount3 -u host
	else
		umount host
	fi
}

# A plain user may give nothing away: chown(1) is left out of its operations.
set_unsupported() { # LACKS
	unsupported=
	[[ $1 != *links* ]] || unsupported=ln
	[ "$1" != link-attributes ] || unsupported='touch_link chown_link'
	[ "$1" != fallocate ] || unsupported=fallocate
	[ "${kind-}" != plain ] || unsupported+=' chown chown_link'
}

scenario() {
	set_unsupported "$lacks"
	ask_kernel
	mount_poor "$lacks"
	mkdir host/upper host/work
	rmdir upper work
	ln -s host/upper upper
	ln -s host/work work
	make_operands lower
	compare
	rm upper work
	umount_poor
}
for lacks in '' rename-flags honest-rename-flags exchange whiteout-rename links own-numbers stable-numbers types \
	fallocate rename-flags+links+own-numbers+types xattrs devices devices+xattrs devices+rename-flags acls link-attributes same-size \
	xattr-lists devices+xattrs+rename-flags+links+own-numbers+types; do
	only_backend=fuse on_each_backend_as 'root plain' "an upper layer on FUSE without ${lacks:-anything missing}"
done

scenario() {
	set_unsupported "$lacks"
	ask_kernel
	mount_poor "$lacks"
	mkdir host/lower
	rmdir lower
	ln -s host/lower lower
	make_operands lower
	compare
	rm lower
	umount_poor
}
for lacks in '' own-numbers stable-numbers types xattrs; do
	only_backend=fuse on_each_backend_as 'root plain' "a lower layer on FUSE without ${lacks:-anything missing}"
done

# A container in a container: upper lies on another overlay, where no device 0/0 can be made.
scenario() {
	local below
	set_unsupported ''
	ask_kernel
	mkdir host outer outer/lower outer/upper outer/work
	below=lowerdir=outer/lower,upperdir=outer/upper,workdir=outer/work
	case $outer in
	kernel) mount -t overlay -o "$below" x host ;;
	shale-fuse) "$SHALE_FUSE" -o "$below" host ;;
	esac
	mkdir host/upper host/work
	rmdir upper work
	ln -s host/upper upper
	ln -s host/work work
	make_operands lower
	mount_merged
	all_operations merged >said
	diff wanted/said said
	show_tree merged | diff wanted/tree -
	umount merged
	mount_merged
	show_tree merged | diff wanted/tree -
	umount merged
	rm upper work
	umount host
}
for outer in kernel shale-fuse; do
	only_backend=fuse on_each_backend_as root "an upper layer on an overlay of $outer"
done

# The forms of a whiteout, and of an opaque directory.
scenario() {
	mount_poor "$lacks"
	mkdir host/upper host/work lower/dir
	rmdir upper work
	ln -s host/upper upper
	ln -s host/work work
	echo data | tee lower/file lower/dir/file >/dev/null
	mount_merged log="$PWD/log"
	rm merged/file
	rm -r merged/dir
	mkdir merged/dir
	umount_merged
	assert_eq "$(cd backing/upper && find . -mindepth 1 -printf '%P %y\n' | sort | tr '\n' ' ')" "$wanted"
	grep "the upper filesystem lacks .*$words" log
	rm upper work
	umount_poor
}
while IFS='|' read -r lacks wanted words; do
	only_backend=fuse on_each_backend_as 'root plain' "whiteouts without $lacks: $words"
done <<'END'
devices|dir d file f |whiteouts are files with a mark
xattr-lists|dir d dir/.wh..wh..opq f file c |opaque marks are .wh. files
xattrs|dir d dir/.wh..wh..opq f file c |opaque marks are .wh. files
devices+xattrs|.wh.dir f .wh.file f dir d |whiteouts are files with a mark
END

# The upper layer lies on a fuse-overlayfs mount, which refuses all of overlayfs's marks because it
# makes them itself.
scenario() {
	local outer=lowerdir=outer/lower,upperdir=outer/upper,workdir=outer/work
	command -v fuse-overlayfs >/dev/null || skip 'no fuse-overlayfs'
	mkdir host outer outer/lower outer/upper outer/work
	fuse-overlayfs -o "$outer" host 2>/dev/null
	mkdir host/upper host/work
	assert_fails 'takes no marks for what is removed' \
		"$SHALE_FUSE" -o lowerdir=lower,upperdir=host/upper,workdir=host/work merged
	assert_fails 'Use an upper directory on another filesystem' \
		"$SHALE_FUSE" -o lowerdir=lower,upperdir=host/upper,workdir=host/work merged
	umount host
}
only_backend=fuse on_each_backend_as root 'an upper layer on fuse-overlayfs is refused with a reason'
