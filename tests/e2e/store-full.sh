#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A full disk, and a killed process.
. "${0%/*}/lib.sh"

scenario() {
	mkdir home
	mount -t tmpfs -o size=3m,mode=700 small home
	mkdir tree
	echo small >tree/small
	layer_of base '' tree
	head -c 8000000 /dev/urandom >tree/big
	tar -C tree -cf big.tar .
	shale create full >/dev/null
	assert_clear_error 'No space left on device' shale apply full big.tar
	assert_names home/full/diff ''
	assert_no_rubbish
	rm tree/big
	echo second >tree/second
	tar -C tree -cf small.tar .
	shale apply full small.tar >/dev/null
	assert_content home/full/diff/second second
	shale create --rw --parent base rw >/dev/null
	path=$(shale get rw)
	assert_fails 'No space left on device' cp big.tar "$path/big"
	rm "$path/big"
	echo fits >"$path/fits"
	shale put rw
	assert_eq "$(shale changes rw)" 'A /fits'
	shale rm rw full base
	umount home
}
on_each_backend_as 'root userns' 'a full disk: a clear error, nothing half made, and it goes on when there is room'

scenario() {
	mkdir home tree
	mount -t tmpfs -o size=2m,mode=700 small home
	for i in $(seq 600); do head -c 4096 /dev/zero | tr '\0' "${i:0-1}" >tree/$i; done
	tar -C tree -cf many.tar .
	shale create full >/dev/null
	assert_clear_error "apply entry './" shale apply full many.tar
	assert_clear_error 'No space left on device' shale apply full many.tar
	assert_names home/full/diff ''
	assert_no_rubbish
	shale check
	umount home
}
once_as root 'the error names the small file that did not fit'

scenario() {
	mkdir -p lower/dir
	mount -t tmpfs -o size=2m,mode=755 small upper
	mkdir upper/u upper/w
	head -c 4000000 /dev/urandom >lower/dir/big
	echo data >lower/dir/file
	if [ "$backend" = kernel ]; then
		mount -t overlay overlay -o "lowerdir=lower,upperdir=upper/u,workdir=upper/w$kernel_words" merged
	else
		"$SHALE_FUSE" -o lowerdir=lower,upperdir=upper/u,workdir=upper/w merged
	fi
	assert_fails 'No space left on device' bash -c 'echo more >>merged/dir/big'
	cmp lower/dir/big merged/dir/big
	assert_absent upper/u/dir/big
	assert_fails 'No space left on device' cp lower/dir/big merged/copy
	rm merged/copy
	: >merged/dir/big
	assert_content merged/dir/big ''
	echo more >>merged/dir/file
	assert_content merged/dir/file "$(printf 'data\nmore')"
	umount_merged
	umount upper
}
on_each_backend_as 'root userns' 'a copy-up that does not fit fails as a whole'

scenario() {
	local child
	store_with_layers
	mkfifo pipe
	head -c 3000000 /dev/urandom >tree1/big
	tar -C tree1 -cf big.tar .
	shale create victim >/dev/null
	"$SHALE" --home "$PWD/home" --run "$PWD/run" apply victim pipe >/dev/null &
	child=$!
	exec 5>pipe
	head -c 2000000 big.tar >&5
	sleep 0.5
	kill -KILL $child
	wait $child || :
	exec 5>&-
	assert_names home/victim/diff ''
	shale ls >/dev/null
	assert_no_rubbish
	shale apply victim big.tar >/dev/null
	cmp tree1/big home/victim/diff/big
}
once_as 'root userns' 'an apply that is killed leaves the layer as it was, and no rubbish'

# Makes home/ a subvolume that may hold no more than it holds already.
over_quota() {
	command -v mkfs.btrfs >/dev/null || skip 'there is no mkfs.btrfs'
	truncate -s 200M image
	mkfs.btrfs -q image 2>/dev/null
	mkdir disk
	mount -o loop image disk 2>/dev/null || skip 'btrfs cannot be mounted here'
	btrfs quota enable disk
	btrfs subvolume create disk/home >/dev/null
	ln -s disk/home home
}

scenario() {
	local stuck=home/staging/AAAAAAAAAAAAAAAAAAAAAAAAAA
	over_quota
	store_with_layers
	tar -C tree1 -cf tree1.tar .
	shale import tree1.tar image >/dev/null
	mkdir -p $stuck/layer/diff
	: >$stuck/lock
	head -c 3000000 /dev/urandom >home/rw/diff/big
	sync
	btrfs qgroup limit 1M disk/home
	assert_fails 'Disk quota exceeded' mv home/app/diff/srv home/app/diff/other
	shale ls >/dev/null
	assert_no_rubbish
	shale rm rw
	shale rmi image
	shale gc --layers | grep '^layer '
	shale rm app base
	assert_eq "$(shale ls | wc -l)" 1 'lines of ls'
	assert_eq "$(ls home)" "$(printf '%s\n' images l shale.json staging trash)"
	assert_names home/l ''
	assert_no_rubbish
	shale check
	umount disk
}
once_as root 'a store over its quota, where nothing can be renamed, is emptied'

# After a power cut RUN has no marks of layers that were being removed.
scenario() {
	store_with_layers
	shale rm rw
	rm home/app/layer.json home/app/link
	assert_clear_error 'no such layer' shale inspect app
	assert_eq "$(shale exists app; echo $?)" 1 'exists'
	assert_eq "$(shale ls | cut -d' ' -f1 | tail -n +2)" base
	shale create app >/dev/null
	shale apply app <(tar -C tree2 -c .) >/dev/null
	rm home/app/layer.json home/app/link
	shale gc
	assert_absent home/app
	assert_names home/l "$(cat home/base/link)"
	shale check
}
once_as 'root userns' 'a removal in place that a power cut interrupted is completed'
