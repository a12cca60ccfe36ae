#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Power cuts: shuts down the filesystem below without writing its journal, and mounts it again.
. "${0%/*}/lib.sh"

make_disk() {
	truncate -s 320M image
	"mkfs.$host" -q image >/dev/null
	mkdir host
	mount -o loop image host
}

# Cuts the power. Also empties RUN, because a reboot would.
power_cut() {
	xfs_io -F -x -c shutdown host
	umount -l host/home/*/merged 2>/dev/null || :
	umount host
	rm -rf run
	mount -o loop image host
}

on_disk() { # COMMAND...
	"$SHALE" --home "$PWD/host/home" --run "$PWD/run" --backend "$backend" "$@"
}

# Runs COMMAND and cuts the power after it: all layers must be there, and whole.
survives() { # COMMAND...
	local before
	on_disk "$@" >/dev/null
	before=$(on_disk ls | cut -d ' ' -f 1)
	power_cut
	assert_eq "$(on_disk ls | cut -d ' ' -f 1)" "$before" "layers after: $*"
	on_disk check >checked || assert_eq "$(cat checked)" '' "after: $*"
}

scenario() {
	local merged
	make_disk
	mkdir -p tree/dir
	head -c 300000 /dev/urandom >tree/big
	(cd tree/dir && seq 100 | xargs -n 1 sh -c 'echo $0 >file$0')
	tar -C tree -cf tree.tar .
	survives init
	survives create base
	survives apply base tree.tar
	survives create --rw --parent base rw
	merged=$(on_disk get rw)
	cp tree/big "$merged/dir/copy"
	echo more >>"$merged/dir/file1"
	rm "$merged/dir/file2"
	on_disk put rw
	survives commit rw committed
	on_disk diff --parent base committed | tar -tf - | sort >names
	assert_eq "$(paste -sd ' ' names)" 'dir/ dir/.wh.file2 dir/copy dir/file1'
	on_disk diff --parent base committed | tar -xOf - dir/copy | cmp - tree/big
	survives create --parent committed top
	survives apply top tree.tar
	survives rm top
	survives rm rw
	survives import tree.tar image
	umount host
}
for host in ext4 xfs; do
	once_as root "a layer is there when its command has returned, on $host"
done

# The fsync of another file writes the journal, and with it the names of all copies.
scenario() {
	local i name
	make_disk
	mkdir -p host/lower host/upper host/work merged
	for i in $(seq 24); do
		head -c $((i * 3000)) /dev/urandom >"host/lower/f$i"
	done
	cp -r host/lower wanted
	sync
	"$SHALE_FUSE" -o "lowerdir=$PWD/host/lower,upperdir=$PWD/host/upper,workdir=$PWD/host/work" merged
	for i in $(seq 12); do
		chmod 600 "merged/f$i"
		echo more >>"merged/f$((i + 12))"
	done
	echo mine >host/mine
	sync host/mine
	xfs_io -F -x -c shutdown host
	umount merged
	no_daemon
	umount host
	mount -o loop image host
	assert_content host/mine mine
	[ "$(find host/upper -name 'f*' | wc -l)" -ge 12 ]
	for name in host/upper/f*; do
		name=${name##*/}
		cmp -n "$(stat -c %s "wanted/$name")" "host/upper/$name" "wanted/$name"
	done
	umount host
}
for host in ext4 xfs; do
	once_as root "no copied-up file loses what its lower file has, on $host"
done
