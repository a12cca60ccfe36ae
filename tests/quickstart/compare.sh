# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Compares two trees, or two tars.

# Prints a line for each name in DIR, and for each file's content and xattrs. Leaves out what depends
# on the filesystem (size and link count of directories, inode numbers, access and change times), and
# the time of DIR itself, which layers need not carry.
manifest() { # DIR
	(
		cd "$1" || exit 1
		find . -maxdepth 0 -printf '%p\td %m %U:%G\n'
		find . -mindepth 1 -type d -printf '%p\td %m %U:%G %T@\n' -o -mindepth 1 \
			-printf '%p\t%y %m %U:%G %T@ %s %n %l\n' | LC_ALL=C sort
		find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum --
		find . \( -type b -o -type c \) -print0 | LC_ALL=C sort -z | xargs -0r stat -c '%n %t:%T'
		find . -print0 | LC_ALL=C sort -z | xargs -0r getfattr -P -h -d -m - -e hex -- 2>/dev/null
	)
}

# Prints the names, types, modes, ids, times, link targets and xattrs of a tar.
tar_listing() { # FILE
	tar --numeric-owner --full-time --xattrs -tvvf "$1"
}

# Succeeds and prints nothing if both files are the same, byte for byte.
same() { # WHAT FILE FILE
	cmp -s "$2" "$3" && return 0
	echo "$1 differ:"
	diff "$2" "$3" | sed 20q
	return 1
}

same_tars() { # WHAT FILE FILE
	cmp -s "$2" "$3" && return 0
	echo "$1 differ:"
	diff <(tar_listing "$2") <(tar_listing "$3") | sed 20q
	cmp "$2" "$3"
	return 1
}
