#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A recorded disk: every write and every flush that a filesystem makes while a store is worked on. From the
# record, disks are made as power cuts at random instants may have left them, with any part of what had not
# been flushed. What a command had promised by then is there, whole; anything else is whole or not there.
#	SHALE_POWER_CUTS=200 SHALE_POWER_SEED=7 SHALE_POWER_DISKS='ext4 xfs btrfs' tests/powerloss/powerloss.sh
. "${0%/*}/../e2e/lib.sh"

: "${POWERLOSS:=${DIFFERENTIAL%/*}/powerloss}"
cuts=${SHALE_POWER_CUTS:-3}
RANDOM=${SHALE_POWER_SEED:-1}

on_disk() { # COMMAND...
	"$SHALE" --home "$PWD/host/home" --run "$PWD/run" --backend kernel "$@"
}

mount_disk() { # IMAGE
	mount -o "loop$([ "$host" != btrfs ] || echo ,nodiscard)" "$1" host
}

# Marks a promise in the recording: only what is promised must be on the disk after a power cut.
promise() { # made|gone|nothing ID
	echo "$1 $2" >recorder/mark
}

makes() { # ID COMMAND...
	on_disk "${@:2}" >/dev/null
	on_disk diff "$1" | sha256sum >"golden/$1"
	promise made "$1"
}

removes() { # ID
	promise nothing "$1"
	on_disk rm "$1"
	promise gone "$1"
}

work_on_store() {
	local merged
	on_disk create base >/dev/null
	makes base apply base base.tar
	on_disk create --parent base layer >/dev/null
	makes layer apply layer layer.tar
	on_disk create --rw --parent layer rw >/dev/null
	merged=$(on_disk get rw)
	cp big "$merged/copy"
	echo more >>"$merged/dir/1"
	rm "$merged/dir/2"
	on_disk put rw
	makes committed commit rw committed
	on_disk create --rw --parent layer moving >/dev/null
	merged=$(on_disk get moving)
	cp big "$merged/other"
	echo more >>"$merged/dir/3"
	on_disk put moving
	makes moved commit --move moving moved
	on_disk create --parent committed top >/dev/null
	makes top apply top layer.tar
	removes top
	removes rw
	makes last create --parent committed last
}

# Snapshots of a layer that nobody uses, of one that is mounted through FUSE, and a commit of that; then the
# layers between are merged.
work_on_snapshots() {
	local merged
	on_disk create --rw --parent layer live >/dev/null
	merged=$(on_disk get live)
	cp big "$merged/first"
	rm "$merged/dir/4"
	on_disk put live
	makes snap1 snapshot live snap1
	merged=$(on_disk --backend fuse get live)
	cp big "$merged/second"
	echo more >>"$merged/dir/5"
	makes snap2 snapshot live snap2
	echo more >>"$merged/second"
	makes snap3 commit live snap3
	echo more >>"$merged/dir/6"
	makes forked fork --as snap4 live forked
	on_disk diff snap4 | sha256sum >golden/snap4
	promise made snap4
	on_disk put live
	no_daemon
	on_disk create --rw --parent snap4 flat >/dev/null
	makes flat flatten --down-to layer flat
}

# Copies files up without syncing them, then syncs another file.
work_on_mount() {
	mkdir host/lower host/upper host/work
	cp wanted/* host/lower
	sync -f host
	"$SHALE_FUSE" -o "lowerdir=$PWD/host/lower,upperdir=$PWD/host/upper,workdir=$PWD/host/work" merged
	for i in {1..6}; do
		chmod 600 "merged/$i"
		echo more >>"merged/$((i + 6))"
	done
	echo mine >host/mine
	sync host/mine
	synced=$("$POWERLOSS" count log)
	umount merged
	no_daemon
}

make_files() {
	local i
	mkdir -p golden wanted tree/dir host recorder
	head -c 200000 /dev/urandom >big
	for i in {1..40}; do
		echo "$i" >"tree/dir/$i"
	done
	tar -C tree -cf base.tar .
	echo other >tree/dir/1
	cp big tree/
	tar -C tree -cf layer.tar .
	for i in {1..12}; do
		head -c $((i * 3000)) /dev/urandom >"wanted/$i"
	done
}

record_all() {
	truncate -s "$size" image
	"mkfs.$host" -q image >/dev/null 2>&1
	cp --sparse=always image before
	"$POWERLOSS" record image log recorder
	mount_disk recorder/disk
	work_on_store
	work_on_snapshots
	work_on_mount
	umount host
	umount recorder
}

# A snapshot that was decided is finished by the next command that uses the layer.
finish_snapshot() {
	on_disk exists live || return 0
	on_disk get live >/dev/null
	on_disk put live
	assert_eq "$(on_disk check)" ''
}

# A layer that was created but not filled yet is empty.
is_whole() { # ID PROMISED
	local digest
	digest=$(on_disk diff "$1" | sha256sum)
	[ "$digest" != "$(cat "golden/$1")" ] || return 0
	[ "$2" != made ] || return 1
	[ "$(on_disk diff "$1" | tar -tf - | wc -l)" = 0 ]
}

# PROMISED has lines of marks; for each layer the last line counts.
check_store() { # PROMISED
	local word id
	local -A last
	rm -rf run
	[ -n "$1" ] || [ -e host/home/shale.json ] || return 0
	on_disk check >checked || assert_eq "$(cat checked)" ''
	assert_eq "$(cat checked)" ''
	finish_snapshot
	while read -r word id; do
		[ -z "$id" ] || last[$id]=$word
	done <<<"$1"
	for id in "${!last[@]}"; do
		[ "${last[$id]}" = nothing ] ||
			[ "${last[$id]}" = "$(on_disk exists "$id" && echo made || echo gone)" ] ||
			assert_eq "$id" "${last[$id]}" 'what was promised'
	done
	while read -r id; do
		[ ! -e "golden/$id" ] || is_whole "$id" "${last[$id]-}" || assert_eq "$id" whole
	done < <(on_disk ls | cut -d ' ' -f 1)
}

check_copies() {
	local name
	for name in host/upper/*; do
		[ ! -e "$name" ] || cmp -n "$(stat -c %s "wanted/${name##*/}")" "$name" "wanted/${name##*/}"
	done
}

scenario() {
	local i flushes flush seed promised
	make_files
	record_all
	flushes=$("$POWERLOSS" count log)
	for ((i = 0; i < cuts; i++)); do
		flush=$((RANDOM % (flushes + 1)))
		# All other writes of the mount are not flushed: only this sync can have flushed
		# something.
		((i % 3)) || flush=$((synced - 1 + RANDOM % 3))
		seed=$((i % 4 ? RANDOM : 0))
		cp --sparse=always before trial
		promised=$("$POWERLOSS" replay log trial "$flush" "$seed")
		echo "flush $flush of $flushes, seed $seed"
		mount_disk trial
		check_store "$promised"
		check_copies
		umount host
	done
}
for host in ${SHALE_POWER_DISKS:-ext4 xfs btrfs}; do
	size=320M
	once_as root "what was promised is there after a power cut, and nothing is there in part, on $host"
done
