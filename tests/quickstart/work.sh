# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # scratch, stamp and rootless are main-job.sh's
# Works in a mounted layer as a person does. Each function's argument is the root of the merged view.

# Installs with dpkg in a chroot if the image has it, else unpacks.
install_package() { # ROOT DEB
	if [ -x "$1/usr/bin/dpkg" ]; then
		cp "$2" "$1/tmp/package.deb" &&
			chroot "$1" /usr/bin/dpkg --log=/tmp/dpkg.log -i /tmp/package.deb &&
			chroot "$1" /usr/bin/hello &&
			rm "$1/tmp/package.deb" "$1/tmp/dpkg.log"
	else
		dpkg-deb --fsys-tarfile "$2" | tar -C "$1" -xpf - --no-same-owner
	fi
}

# The Nth file that may be changed, of those that existed before the work.
victim() { # N
	sed -n "${1}p" "$scratch/victims"
}

# Edits, deletes, renames; changes owners, links, special files, xattrs. The result of each command
# counts.
edit() ( # ROOT
	set -e +o pipefail
	cd "$1"
	victims . >"$scratch/victims"
	echo '# edited' >>"$(victim 1)"
	sed -i '1s/^/# edited in place\n/' "$(victim 2)"
	: >"$(victim 3)"
	chmod 0600 "$(victim 4)"
	chown 1000:1001 "$(victim 5)"
	rm "$(victim 6)"
	mv "$(victim 7)" "$(victim 7).moved"
	ln "$(victim 8)" "$(victim 8).hardlink"
	ln -s "$(victim 9)" quickstart.symlink
	setfattr -n user.comment -v 'set through the mount' "$(victim 10)"
	touch -h -d '2001-02-03 04:05:06.789' "$(victim 11)"

	chown -R 1000:1001 opt
	mv opt/second opt/renamed
	file=$(grep '^usr/' "$scratch/victims" | sed -n 20p) && dir=$(dirname "${file:-.}")
	if [ "$dir" != . ]; then
		rm -r "$dir"
		mkdir "$dir"
		echo 'in an opaque directory' >"$dir/new"
	fi
	mkdir -p srv/made/deep/down
	mkfifo srv/made/fifo
	[ "$rootless" = yes ] || mknod srv/made/null c 1 3
	truncate -s 4M srv/made/sparse
	printf end >>srv/made/sparse
	cp "$(victim 12)" srv/made/capable
	setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 srv/made/capable
	mv srv/made/deep srv/made/shallow
)

# Two runs cannot share a clock, so sets times of changed files to $stamp.
stamp_changes() { # ROOT SINCE
	find "$1" -xdev -newermt "@$2" -exec touch -h -d "$stamp" {} +
}
