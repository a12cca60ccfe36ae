#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Mounts with mapped owners, for a container whose root is uid 100000 on the host.
. "${0%/*}/lib.sh"

map=0:100000:65536

owner() { # FILE
	stat -c %u:%g "$1"
}

# Runs COMMAND as the container's root, who has no privileges outside its namespace.
as_container() { # COMMAND...
	setpriv --reuid 100000 --regid 100000 --clear-groups "$@"
}

scenario() {
	store_with_layers
	chown 7:8 home/base/diff/etc/one
	local before merged
	before=$(find home/*/diff -printf '%p %U:%G %i\n' | sort)
	merged=$(shale get --uidmap $map rw)
	assert_eq "$(owner "$merged")" 100000:100000
	assert_eq "$(owner "$merged/etc/one")" 100007:100008
	assert_eq "$(owner "$merged/srv/page")" 100000:100000
	chmod 755 home home/rw "$merged"
	as_container sh -c "echo new >'$merged/srv/new'; echo more >>'$merged/srv/page'; rm '$merged/etc/two'
		mkdir '$merged/made'"
	chown 100005:100006 "$merged/srv/new"
	assert_eq "$(owner "$merged/srv/new")" 100005:100006
	assert_fails '' chown 5:5 "$merged/srv/new"
	[ "$(shale get --uidmap $map --gidmap $map rw)" = "$merged" ]
	assert_clear_error 'other owners' shale get rw
	assert_clear_error 'other owners' shale get --uidmap 0:200000:65536 rw
	shale inspect rw | grep "$map $map"
	shale put rw
	shale put rw
	refute is_mounted "$merged"
	assert_eq "$(owner home/rw/diff/srv/new)" 5:6
	assert_eq "$(owner home/rw/diff/srv/page)" 0:0
	assert_eq "$(owner home/rw/diff/made)" 0:0
	assert_eq "$(owner home/rw/diff/etc/two)" 0:0
	assert_eq "$(find home/base/diff home/app/diff -printf '%p %U:%G %i\n' | sort)" \
		"$(grep -v ^home/rw/ <<<"$before")"
	shale diff rw | tar -tvf - --numeric-owner >list
	grep '5/6 .* srv/new$' list
	refute grep 10000 list
	shale commit rw frozen >/dev/null
	shale create --rw --parent frozen other >/dev/null
	merged=$(shale get --uidmap 0:200000:1000 --gidmap 0:300000:1000:1000:400000:10 other)
	assert_eq "$(owner "$merged/srv/new")" 200005:300006
	assert_content "$merged/srv/new" new
	assert_absent "$merged/etc/two"
	shale put other
	merged=$(shale get other)
	assert_eq "$(owner "$merged/srv/new")" 5:6
	shale put other
	assert_no_rubbish
}
on_each_backend 'layers of root are mounted for a container, and what it writes has ids as on the disk'

scenario() {
	store_with_layers
	mkdir place
	local merged
	merged=$(shale get --uidmap $map base)
	assert_eq "$(owner "$merged/etc/one")" 100000:100000
	assert_clear_error 'other owners' shale mount base place
	shale put base
	shale mount --gidmap 0:7000:10 app place
	assert_eq "$(owner place/etc/one)" 7000:7000
	shale umount place
	for wrong in 0 0:1 0:1:0 x:0:1 0:5:10:3:100:10 0:5:10:100:14:2; do
		assert_clear_error 'no map of ids' shale get --uidmap $wrong app
	done
	merged=$(shale get --uidmap $map rw)
	rm run/refs/rw
	assert_clear_error 'other owners' shale get rw
	[ "$(shale get --uidmap $map rw)" = "$merged" ]
	shale put rw
	shale put rw
	refute is_mounted "$merged"
}
on_each_backend 'owners are mapped for any layer, at any place, and a mount that nobody counted is known by them'

# A user namespace may not map the owners of a filesystem that it does not own. The daemon may.
scenario() {
	[ "$(wc -l </proc/self/uid_map)" -gt 1 ] || skip 'one id only'
	store_with_layers
	local merged
	if shale probe | grep '^idmapped *yes'; then
		skip 'the kernel maps owners here too'
	fi
	backend=kernel
	assert_clear_error 'cannot map owners here' shale get --uidmap 0:1000:1000 rw
	backend=auto
	merged=$(shale get -v --uidmap 0:1000:1000 rw 2>said)
	grep 'backend fuse: the kernel backend cannot map owners here: ' said
	grep 'backend fuse: the kernel backend cannot map owners here: ' run/log/rw
	assert_eq "$(owner "$merged/etc/one")" 1000:1000
	shale put rw
}
once_as 'userns' 'FUSE maps owners if the kernel cannot, and the reason is printed'

shale_refused() { # CALLS COMMAND...
	"$REFUSE" "$1" "$SHALE" --home "$PWD/home" --run "$PWD/run" --backend "$backend" "${@:2}"
}

scenario() {
	store_with_layers
	local merged call
	backend=auto
	merged=$(shale_refused fsopen get -v --uidmap $map rw 2>said)
	grep 'backend kernel: ' said
	assert_eq "$(owner "$merged/etc/one")" 100000:100000
	shale put rw
	for call in mount_setattr open_tree move_mount; do
		rm run/probe-kernel.json
		merged=$(shale_refused $call get -v --uidmap $map rw 2>said)
		grep 'backend fuse: the kernel backend cannot map owners here: ' said
		assert_eq "$(owner "$merged/etc/one")" 100000:100000
		shale put rw
	done
}
once_as root 'an older kernel maps owners by mount(2) too, or FUSE does'
