#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The include-direction check: tools/ -> kernel/, fuse/ -> common/, and inside common/ one way too. No
# cycle of files either, where noun.c and noun.h are one file.
# usage: includes.sh [--planted] [TREE]. Answers in TAP. Without --planted it also puts wrong
# includes into a tree of its own and wants them found.
set -u
. "${0%/*}/tap.sh"
planted=no
[ "${1-}" != --planted ] || { planted=yes && shift; }
tree=${1:-${srcdir:-$(dirname "$0")/../..}}
# Directories whose files must not have include cycles.
ACYCLIC='common fuse kernel tools'

# Checks that no source file below DIRS (space separated) matches INCLUDE, an extended regular
# expression with its opening quote or bracket. FILE is allowed to match.
never() { # DIRS INCLUDE WORDS [FILE]
	found=$(
		for dir in $1; do
			[ ! -d "$tree/$dir" ] || find "$tree/$dir" -name '*.[ch]' -exec \
				grep -HnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*$2" {} +
		done | grep -v -e '"config\.h"' -e "^$tree/${4-none}:" # configure makes config.h, so it is not in the tree
	)
	[ -z "$found" ] || echo "$found" | sed 's/^/# /'
	[ -z "$found" ]
	result $? "$3"
}

# Fails if a file below DIRS includes, directly or through others, a file that includes it.
no_cycle() { # DIRS WORDS
	found=$(
		cd "$tree" && for dir in $1; do
			[ ! -d "$dir" ] || find "$dir" -name '*.[ch]' -exec awk '
				/^[[:space:]]*#[[:space:]]*include[[:space:]]*"/ {
					from = FILENAME
					to = $0
					sub(/^[^"]*"/, "", to)
					sub(/\.[ch]".*/, "", to)
					sub(/\.[ch]$/, "", from)
					if (from != to)
						print from, to
				}' {} +
		done | tsort 2>&1 >/dev/null
	)
	[ -z "$found" ] || echo "$found" | sed 's/^/# /'
	[ -z "$found" ]
	result $? "$2"
}

rules() {
	mounting='<(fuse|sys/fuse|linux/fuse|sys/mount|linux/mount|mntent)'
	never common '"(kernel|fuse|tools|tests)/' 'common/ includes nothing from above it'
	never 'common kernel fuse tools' '<fuse' 'one file knows libfuse' fuse/daemon/mountpoint.c
	never 'common kernel fuse tools' '<linux/fuse' 'one file includes the kernel'"'"'s protocol' \
		fuse/daemon/protocol.h
	never common/base '"common/(overlay|archive|store|image|backend)[/.]' \
		'common/base knows nothing of what is built on it'
	never common/overlay "$mounting" 'common/overlay knows neither FUSE nor mounts'
	never common/overlay '"common/(store|archive|image|index|backend)[/.]' \
		'common/overlay knows neither the store nor what is built on it'
	never common/archive "$mounting" 'common/archive knows neither FUSE nor mounts'
	never common/archive '"common/(store|image|backend)[/.]' \
		'common/archive knows neither the store nor images'
	never common/store '"common/image/' 'common/store knows nothing of images'
	never common/image "$mounting" 'common/image knows neither FUSE nor mounts'
	never kernel '"(fuse|tools|tests)/' 'kernel/ includes neither fuse/ nor anything above it'
	never fuse '"(kernel|tools|tests)/' 'fuse/ includes neither kernel/ nor anything above it'
	never fuse/merge '(<(fuse|linux/fuse)|"fuse/(daemon|backend)/)' \
		'fuse/merge knows neither the protocol nor what is built on it'
	never fuse/daemon '"fuse/backend/' 'fuse/daemon knows nothing of who starts it'
	never fuse/backend '"fuse/(daemon|merge)/' 'fuse/backend, in the library, has none of the daemon'"'"'s code'
	never 'kernel fuse' '"common/(store|image)/' 'the backends stay below the seam'
	never 'tools/shale-docker tools/shale-snapshotter tools/service' '"(kernel|fuse|common/([^sba]|store|backend|archive/[^d]))' \
		'the services use libshale through common/shale.h only, and its digests'
	never tools/shale-snapshotter/wire '("tools/shale-snapshotter/(snapshots|proto)|<protobuf)' \
		'the wire layer knows no message'
	never tools '"tests/' 'tools/ includes nothing from tests/'
	never 'common kernel fuse tools' '"[^"/]*"' 'includes are spelled from the top of the tree'
	never fuse/merge/table '"fuse/merge/(descriptors|quota|lookup|copyup|attr|change|data)/' \
		'fuse/merge/table knows nothing of what is built on it'
	never fuse/merge/descriptors '"fuse/merge/(lookup|copyup|attr|change|data)/' \
		'fuse/merge/descriptors knows nothing of lookups'
	never fuse/merge/lookup '"fuse/merge/(copyup|attr|change|data)/' \
		'fuse/merge/lookup changes nothing'
	never fuse/merge/copyup '"fuse/merge/(attr|change|data)/' \
		'fuse/merge/copyup knows nothing of what is built on it'
	no_cycle "$ACYCLIC" 'no file includes what includes it'
}

plant() { # FILE INCLUDE
	scratch=$(mktemp -d) || exit 1
	mkdir -p "$scratch/$(dirname "$1")"
	printf '#include %s\n' "$2" >"$scratch/$1"
	out=$(sh "$0" --planted "$scratch")
	[ $? -eq 1 ] && [ "$(echo "$out" | grep -c '^not ok')" -ge 1 ]
	result $? "a planted #include $2 in $1 is found"
	rm -r "$scratch"
}

plant_cycle() { # DIR
	scratch=$(mktemp -d) || exit 1
	mkdir -p "$scratch/$1"
	echo "#include \"$1/b.h\"" >"$scratch/$1/a.c"
	echo "#include \"$1/c.h\"" >"$scratch/$1/b.c"
	echo "#include \"$1/a.h\"" >"$scratch/$1/c.h"
	out=$(sh "$0" --planted "$scratch")
	[ $? -eq 1 ] && [ "$(echo "$out" | grep -c '^not ok')" -eq 1 ] &&
		echo "$out" | grep -q "^# .*$1/b\$"
	result $? "a planted cycle of three files in $1 is found"
	rm -r "$scratch"
}

self_test() {
	plant kernel/kernel_mount.c '"fuse/daemon/session.h"'
	plant fuse/daemon/session.c '"kernel/kernel_mount.h"'
	plant tools/shale-docker/graphdriver.c '"common/store/store.h"'
	plant tools/shale-snapshotter/wire/call.c '"tools/shale-snapshotter/proto/snapshots.pb-c.h"'
	plant_cycle fuse/merge
	plant_cycle tools/shale-docker
	plant fuse/merge/table/table.c '"fuse/merge/lookup/find.h"'
	plant fuse/merge/lookup/lookup.c '"fuse/merge/copyup/copyup_node.h"'
	plant fuse/daemon/session.c '"common/store/store.h"'
	plant fuse/merge/lookup/find.c '"fuse/daemon/request.h"'
	plant fuse/daemon/loop.c '<fuse_lowlevel.h>'
	plant tools/shale-fuse/main.c '<fuse3/fuse.h>'
	plant fuse/daemon/reply.c '<linux/fuse.h>'
	plant fuse/merge/lookup/find.c '<linux/fuse.h>'
	plant common/store/store.c '"kernel/kernel_mount.h"'
	plant common/store/store.c '"common/image/import.h"'
	plant common/base/error.c '"common/overlay/whiteout.h"'
	plant fuse/daemon/loop.c '"fuse/backend/launch.h"'
	plant fuse/backend/launch.c '"fuse/daemon/options.h"'
	plant common/overlay/whiteout.c '<sys/mount.h>'
	plant common/overlay/whiteout.c '"common/backend.h"'
	plant common/archive/apply/apply.c '"common/store/store.h"'
	plant common/archive/apply/apply.c '<fuse_lowlevel.h>'
	plant fuse/daemon/session.c '"session.h"'
}

rules
[ $planted = yes ] || self_test
echo "1..$n"
exit $failed
