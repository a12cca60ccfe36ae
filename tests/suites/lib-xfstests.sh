# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# xfstests on overlays of ext4. The suite knows overlayfs alone, so mount(8) finds a helper for the type
# overlay that calls another program, and df(1) tells that program's mounts as overlays.

# The users that the suite wants, in these namespaces alone.
xfs_users() {
	local file name id=54321
	for file in passwd group shadow; do
		cp -p /etc/$file users.$file
	done
	for name in fsgqa fsgqa2 123456-fsgqa; do
		! id "$name" >/dev/null 2>&1 || continue
		id=$((id + 1))
		echo "$name:x:$id:$id::/tmp:/bin/bash" >>users.passwd
		echo "$name:x:$id:" >>users.group
		echo "$name:*:19000:0:99999:7:::" >>users.shadow
	done
	for file in passwd group shadow; do
		mountpoint -q /etc/$file || mount --bind users.$file /etc/$file
	done
}

# The programs that the suite finds instead of mount.overlay and df, and instead of bash, by which it starts
# each test: a test that takes longer than the limit fails.
xfs_helpers() { # SUBJECT
	mkdir -p helpers sbin/{upper,work} && rm -f sbin/upper/mount.overlay helpers/df
	cat >helpers/bash <<-END
		#!/bin/bash
		case \$2 in
		*'; exec ./'*) exec timeout -s KILL ${SHALE_SUITE_SECONDS:-120} /bin/bash "\$@" ;;
		esac
		exec /bin/bash "\$@"
	END
	chmod 755 helpers/bash
	[ "$1" != kernel ] || return 0
	cat >sbin/upper/mount.overlay <<-END
		#!/bin/bash
		source=\$1 dir=\$2 options=rw
		shift 2
		while getopts o:sfnvN:t: option; do
			[ \$option != o ] || options=\$OPTARG
		done
		exec $1 -o "fsname=\$source,\$options" "\$dir"
	END
	cat >helpers/df <<-END
		#!/bin/bash
		$(type -P df) "\$@" | sed 's/ fuse[.]$1 / overlay /'
	END
	chmod 755 sbin/upper/mount.overlay helpers/df
	mount -t overlay -o "lowerdir=/usr/sbin,upperdir=$PWD/sbin/upper,workdir=$PWD/sbin/work" sbin /usr/sbin
}

# Two filesystems on files, and the suite's settings.
xfs_devices() {
	local name
	mkdir -p disks && mount --bind "$disks" disks || return
	for name in test scratch; do
		truncate -s 4G "disks/$name" && mke2fs -q -F -t ext4 "disks/$name" && mkdir -p "xfs/$name" || return
		losetup -f --show "disks/$name" >"$name.device" || return
	done
	cat >xfs.config <<-END
		export TEST_DEV=$(<test.device) SCRATCH_DEV=$(<scratch.device)
		export TEST_DIR=$PWD/xfs/test SCRATCH_MNT=$PWD/xfs/scratch
		export FSTYP=ext4 RESULT_BASE=$log_of
	END
}

xfs_end() {
	local name
	umount -R xfs/test xfs/scratch 2>/dev/null
	for name in test scratch; do
		[ ! -s "$name.device" ] || losetup -d "$(<"$name.device")"
		rm -f "$name.device" "disks/$name"
	done
	umount disks
	! mountpoint -q /usr/sbin || umount /usr/sbin
}

# GROUPS: arguments for the suite, such as "-g generic/quick" or names of tests. A test that the suite does not
# run here is neither passed nor failed.
xfs_run() { # SUBJECT GROUPS
	local groups
	read -r -a groups <<<"$2"
	xfs_users && xfs_devices && xfs_helpers "$1" || { xfs_end && return 1; }
	(
		cd "$XFSTESTS" || exit
		HOST_OPTIONS=$top/xfs.config PATH=$top/helpers:$PATH ./check -overlay "${groups[@]}"
	) >"$log_of/check.log" 2>&1
	awk '
		/^(generic|overlay)\/[0-9]+ / {
			bad = /output mismatch|\[failed|_check_|\[expunged/
			if (!/\[not run\]|\[expunged/)
				print bad ? "not ok" : "ok", $1
		}' "$log_of/check.log"
	xfs_end
}
