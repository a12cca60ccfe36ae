#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Layers on filesystems that work by paths and lack features: the mount must look as on the kernel's
# overlay of a tmpfs. poorfs.c is such a filesystem.
. "${0%/*}/lib.sh"
. "${0%/*}/lib-operations.sh"

# Writes the kernel's answers to wanted/.
ask_kernel() {
	mkdir wanted wanted/lower wanted/upper wanted/work wanted/merged
	make_operands wanted/lower
	mount -t overlay -o "lowerdir=wanted/lower,upperdir=wanted/upper,workdir=wanted/work" x wanted/merged
	all_operations wanted/merged >wanted/said
	show_tree wanted/merged >wanted/tree
	umount wanted/merged
}

compare() {
	mount_merged
	all_operations merged >said
	diff wanted/said said
	show_tree merged | diff wanted/tree -
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
	umount host
}

scenario() {
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
	fallocate rename-flags+links+own-numbers+types; do
	unsupported=
	[[ $lacks != *links* ]] || unsupported=ln
	[ "$lacks" != fallocate ] || unsupported=fallocate
	only_backend=fuse on_each_backend_as root "an upper layer on FUSE without ${lacks:-anything missing}"
done

scenario() {
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
unsupported=
for lacks in '' own-numbers stable-numbers types xattrs; do
	only_backend=fuse on_each_backend_as root "a lower layer on FUSE without ${lacks:-anything missing}"
done
