#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Layers on the FUSE filesystems of other people: the mount must look as on the kernel's overlay of a
# tmpfs. As root: make check-filesystems. A program that this machine lacks is left out; on Debian the
# packages are bindfs, cryfs, encfs, fuse-overlayfs, fuse2fs, gocryptfs, mergerfs, ntfs-3g,
# openssh-sftp-server, squashfs-tools, squashfuse, sshfs, unionfs-fuse. What such filesystems lack,
# tests/e2e/poor-filesystems.sh refuses one by one.
. "${0%/*}/../e2e/lib.sh"
. "$here/lib-operations.sh"

# Mounts host/, with what is in backing/.
mount_host() {
	mkdir backing host
	case $filesystem in
	bindfs) bindfs backing host ;;
	bindfs-ino) bindfs -o use_ino backing host ;;
	mergerfs) mergerfs -o allow_other backing host ;;
	unionfs) unionfs -o allow_other,cow backing=RW host ;;
	cryfs)
		export CRYFS_FRONTEND=noninteractive CRYFS_NO_UPDATE_CHECK=true CRYFS_LOCAL_STATE_DIR=$PWD/cryfs
		cryfs backing host -o allow_other <<<secret >/dev/null
		;;
	sshfs) # the server of sftp itself, without ssh in between
		printf '#!/bin/sh\nexec /usr/lib/openssh/sftp-server\n' >server && chmod 755 server
		sshfs -o allow_other,ssh_command="$PWD/server" "localhost:$PWD/backing" host
		;;
	encfs) encfs -o allow_other --standard --extpass='echo secret' "$PWD/backing" "$PWD/host" >/dev/null ;;
	gocryptfs)
		echo secret >secret
		gocryptfs -q -init -scryptn 10 -passfile secret backing
		gocryptfs -q -allow_other -passfile secret backing host
		;;
	fuse2fs)
		truncate -s 64M image
		mke2fs -q -t ext4 -O ^has_journal image
		fuse2fs -o rw,allow_other,fakeroot image host
		rmdir host/lost+found
		;;
	ntfs-3g)
		truncate -s 64M image
		mkntfs -q -F image >/dev/null 2>&1
		ntfs-3g -o permissions,allow_other,streams_interface=xattr image host
		chmod 755 host
		;;
	fuse-overlayfs)
		mkdir backing/lower backing/upper backing/work
		fuse-overlayfs -o "lowerdir=backing/lower,upperdir=backing/upper,workdir=backing/work" host 2>/dev/null
		;;
	squashfuse)
		make_operands backing
		mksquashfs backing image -quiet -no-progress >/dev/null
		squashfuse -o allow_other image host
		;;
	esac
}

# Removes facts that this filesystem cannot know from the listing of a tree: SFTP reports no link
# counts, and of a symbolic link only that it exists.
known_here() {
	if [ $filesystem = sshfs ]; then
		sed -E '/symlink/d; s/^([^ ]+ [0-9]+) [0-9]+$/\1/'
	else
		cat
	fi
}

compare() {
	mount_merged
	all_operations merged >said
	# Link counts are told for a second, and a new name of a file is another file once it is looked up.
	find merged -size +0 >/dev/null
	sleep 1.1
	diff wanted/said said
	show_tree merged | known_here | diff <(known_here <wanted/tree) -
	remount
	show_tree merged | known_here | diff <(known_here <wanted/tree) -
	umount_merged
}

scenario() {
	ask_kernel
	mount_host
	mkdir host/upper host/work
	rmdir upper work
	ln -s host/upper upper
	ln -s host/work work
	make_operands lower
	compare
	rm upper work
	umount host
}
# Most have no fallocate(2). gocryptfs tells a wrong size of a file with two names. SFTP makes no fifos, and
# sets no times and owners of links.
for filesystem in bindfs bindfs-ino mergerfs unionfs encfs cryfs gocryptfs sshfs fuse2fs ntfs-3g; do
	no_fifos=
	case $filesystem in
	bindfs* | unionfs | encfs | ntfs-3g) unsupported=fallocate ;;
	gocryptfs) unsupported=ln ;;
	sshfs) unsupported='fallocate touch_link chown_link' no_fifos=1 ;;
	*) unsupported= ;;
	esac
	command -v ${filesystem%-ino} >/dev/null || continue
	only_backend=fuse on_each_backend_as root "an upper layer on $filesystem"
done

scenario() {
	ask_kernel
	mount_host
	rmdir lower
	if [ $filesystem = squashfuse ]; then
		ln -s host lower
	else
		ln -s host/lower lower
		make_operands $([ $filesystem = sshfs ] && echo backing || echo host)/lower
	fi
	compare
	rm lower
	umount host
}
unsupported=
for filesystem in bindfs bindfs-ino mergerfs unionfs encfs cryfs gocryptfs sshfs fuse2fs squashfuse fuse-overlayfs ntfs-3g; do
	no_fifos=
	command -v ${filesystem%-ino} >/dev/null || continue
	only_backend=fuse on_each_backend_as root "a lower layer on $filesystem"
done
