#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The mount options in the table (common/mount_option.h), in shale-fuse --help and in shale-fuse(1)
# are the same. Run it in the build directory. Answers in TAP.
set -u
. "${0%/*}/tap.sh"
tree=${srcdir:-$(dirname "$0")/../..}
scratch=$(mktemp -d) || exit 1
trap 'rm -r "$scratch"' EXIT
same() { # FILE FILE WORDS
	diff "$1" "$2" >"$scratch/diff"
	status=$?
	sed 's/^/# /' "$scratch/diff"
	[ -s "$1" ] && [ "$status" -eq 0 ]
	result $? "$3"
}

sed -n 's/^	OPTION(\([a-z0-9_]*\),.*/\1/p' "$tree/common/mount_option.h" | sort >"$scratch/table"
./shale-fuse --help | sed -n '/^Mount options:/,$s/^  \([a-z0-9_]*\).*/\1/p' | sort >"$scratch/help"
# Prints the items of the list below "Mount options", without those of a nested list. In an item, Cm
# marks a name, and also a fixed value behind Ns.
sed -n '/^\.Ss Mount options/,/^\.S[hs] [^M]/p' "$tree/man/shale-fuse.1" | awk '
	/^\.Bl/ { depth++ }
	/^\.El/ { depth-- }
	/^\.It/ && depth == 1 {
		name = 0
		for (i = 2; i <= NF; i++)
			if ($i == "Cm")
				name = $(i - 1) != "Ns"
			else if ($i ~ /^(Ns|Ar|Op|Oo|Oc)$/)
				name = 0
			else if (name && $i != ",") {
				sub(/=.*/, "", $i)
				print $i
			}
	}' | sort >"$scratch/man"

same "$scratch/table" "$scratch/help" 'shale-fuse --help names each mount option'
same "$scratch/table" "$scratch/man" 'shale-fuse(1) explains each mount option'
echo "1..$n"
exit $failed
