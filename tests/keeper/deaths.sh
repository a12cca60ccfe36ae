#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Kills the workers of mounts at random moments, system calls and instructions, while eight clients
# compare every result and every byte with a kernel mount of the same trees. As root:
# SHALE_DEATHS=1000 SHALE_KEEPER_SEED=7 SHALE_DEATHS_SETS='index quota' make check-deaths
deaths=${SHALE_DEATHS:-250} seed=${SHALE_KEEPER_SEED:-1}
export SHALE_TEST_SECONDS=${SHALE_TEST_SECONDS:-$((600 + 4 * deaths))}
[ -n "${shale_e2e_inside-}" ] || exec 3>&1
. "${0%/*}/../e2e/lib.sh"
. "$here/lib-keeper.sh"

# Mounts the layers anew, with the same options, and checks that nothing was lost.
same_after_remount() {
	local free
	same_trees merged "$beside"
	free=$(stat -f -c %f merged)
	umount_merged
	mount_merged "$options"
	same_trees merged "$beside"
	# Files without a name that dead workers were about to forget take room until the unmount.
	[ "$set" != quota ] || [ "$(stat -f -c %f merged)" -ge "$free" ]
	umount_merged
}

# Mounts the layers by the kernel.
same_by_kernel() {
	[ -n "$by_kernel" ] || return 0
	mount -t overlay overlay -o "$(mount_options)$kernel_words,$by_kernel" merged
	same_trees merged "$beside"
	umount merged
}

scenario() {
	local beside=plain
	can_resend
	make_trees 8
	[ "$set" != mapped ] || chown -Rh 100000:100000 lower upper
	mount_kept "$options"
	if [ "$other" != plain ]; then
		mount_beside "$other"
		beside=beside
	fi
	"$KEEPER_KILL" "$keeper" "$PWD/merged" "$PWD/$beside" 8 "$deaths" "$seed" >killed || { tail -n 3 log; return 1; }
	awk '/deaths/ { print "# " sum " operations, " $0 } { sum += $1 }' killed >&3
	assert_eq "$(shale --json stats "$PWD/merged" | jq .worker_deaths)" "$deaths" 'deaths of workers'
	same_after_remount
	same_by_kernel
	[ $beside = plain ] || umount beside
}

# The kernel's overlay in a user namespace is no measure here: on Linux 6.18 it refuses some renames with
# ESTALE. SET, the kind of user, options of the mount, options of the kernel mount beside it (plain: a plain
# tree), and options with which the kernel mounts what is left (-: it cannot).
while read -r -u 9 set who options other by_kernel; do
	[ "$by_kernel" != - ] || by_kernel=
	[[ " ${SHALE_DEATHS_SETS-$set} " != *" $set "* ]] ||
		only_fuse "$who" "workers die, and no client notices: $set, with $options"
done 9<<-END
	index root index=on,redirect_dir=on index=on,redirect_dir=on index=on,redirect_dir=on
	metacopy root metacopy=on,redirect_dir=on metacopy=on,redirect_dir=on metacopy=on,redirect_dir=on
	writeback root writeback=1,redirect_dir=on redirect_dir=on redirect_dir=on
	quota root size=1G redirect_dir=off redirect_dir=off
	mapped root uidmapping=100000:0:65536,gidmapping=100000:0:65536,redirect_dir=on redirect_dir=on -
	namespace-writeback userns redirect_dir=on,writeback=1 plain -
	namespace-redirect userns redirect_dir=on,xino=auto plain -
	user user redirect_dir=on plain -
	user-writeback user redirect_dir=on,writeback=1 plain -
END
