#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Public test suites against the kernel's overlayfs, fuse-overlayfs and shale-fuse, and those of engines
# against their overlay drivers and shale's services, from checkouts of yours; as root. Prints a table of
# counts, and every test that the kernel passes and shale fails, which is what makes it fail.
#
#	UNIONMOUNT_TESTSUITE=DIR PJDFSTEST=DIR XFSTESTS=DIR LTP=DIR CONTAINERD=DIR MOBY=DIR make check-suites
#
# UNIONMOUNT_TESTSUITE: https://github.com/amir73il/unionmount-testsuite (Python 3).
# PJDFSTEST: https://github.com/pjd/pjdfstest, built, and readable for everybody: a plain user runs it, too.
# XFSTESTS: https://github.com/kdave/xfstests, built.
# LTP: https://github.com/linux-test-project/ltp, installed there. A suite without a checkout is skipped.
# CONTAINERD: https://github.com/containerd/containerd, v1.6.20 or near, for Go 1.19 and mount.fuse3.
# MOBY: https://github.com/moby/moby, v20.10.24 or near, for Go 1.19.
# SHALE_SUITE_SUBJECTS: 'kernel fuse-overlayfs shale-fuse', or fewer.
# SHALE_SUITE_RUNS: runs of unionmount-testsuite; ';' between them, '+OPTIONS' are mount options, and
# '@OPTIONS' more of them for shale-fuse.
# SHALE_SUITE_TESTS: only these of its tests, and of LTP's.
# SHALE_SUITE_GROUPS: what xfstests runs, in the words of its "check"; ';' between runs.
# SHALE_SUITE_SECONDS: the most that a test of xfstests or LTP may take (120).
# SHALE_SUITE_DISKS: a directory for the filesystems of xfstests, two sparse files of 4 GB (/var/tmp).
# SHALE_SUITE_RESULTS: a directory that keeps the results and logs.
# All but these two files is done in tmpfs and in mount and pid namespaces of its own.
set -u -o pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd) || exit 1
: "${SHALE_SUITE_SUBJECTS:=kernel fuse-overlayfs shale-fuse}"
: "${SHALE_SUITE_RUNS:=--ov --xdev;--ov=10 --xdev;--ov --maxfs=0 --xdev;--ov=10 --maxfs=5 --xdev;--ov --xdev +volatile;\
--ov --xdev --verify +index=on @without=open;--ov=10 --xdev --verify +index=on @without=open;\
--ov +redirect_dir=on,metacopy=on;--ov=10 +redirect_dir=on,metacopy=on}"
: "${SHALE_SUITE_GROUPS:=-g generic/quick;-g overlay/quick}"
. "$here/lib-pjdfstest.sh"
. "$here/lib-xfstests.sh"
. "$here/lib-ltp.sh"

enter_namespaces() {
	[ "$(id -u)" = 0 ] || { echo 'suites.sh: only root can run the suites' >&2 && exit 1; }
	exec env shale_suites_inside=1 unshare --mount --propagation private --pid --fork \
		--kill-child --mount-proc bash "$here/suites.sh"
}

# mount(8) looks for FUSE programs by name in the usual directories.
install_programs() {
	local build=${SHALE_BUILD:-$here/../../build}
	mkdir bin && cp -L "${SHALE_FUSE:-$build/shale-fuse}" bin/shale-fuse || exit 1
	[ -z "$(command -v fuse-overlayfs)" ] || ln -s "$(command -v fuse-overlayfs)" bin/
	mount --bind bin /usr/local/bin
	mknod -m 666 fuse c 10 229 && mount --bind fuse /dev/fuse
}

prepare() {
	results=${SHALE_SUITE_RESULTS:-}
	[ -z "$results" ] || { mkdir -p "$results" && results=$(cd "$results" && pwd) || exit 1; }
	top=$(mktemp -d /tmp/shale-suites.XXXXXX) && mount -t tmpfs -o mode=755 shale-suites "$top" &&
		cd "$top" || exit 1
	: "${results:=$top/results}"
	disks=$(mktemp -d "${SHALE_SUITE_DISKS:-/var/tmp}/shale-suites.XXXXXX") || exit 1
	mkdir -p "$results" base
	# No mount under test leaves anything in the machine's caches.
	export UNIONMOUNT_BASEDIR=$top/base
	: >ignored && mount --bind ignored /proc/sys/vm/drop_caches
	install_programs
}

clean_up() {
	cd / && umount -l "$top" && rmdir "$top" "$disks"
}

can_run() { # SUBJECT
	[ "$1" = kernel ] || command -v "$1" >/dev/null || { echo "no $1: left out" && false; }
}

# ---- unionmount-testsuite ------------------------------------------------------------------------

union_tests() { # RUN
	local tests
	tests=$(ls "$UNIONMOUNT_TESTSUITE/tests" | sed -n 's/\.py$//p' | grep -v '^__')
	case $1 in
	*--xdev*) tests=$(grep -vE '^rename-(dir|empty-dir|pop-dir|move-dir)$' <<<"$tests") ;;
	*) tests=$(grep -v '^rename-exdev$' <<<"$tests") ;;
	esac
	echo "${SHALE_SUITE_TESTS:-$tests}"
}

# Runs one file of tests, which ends at its first failure; prints "ok NAME SUBTESTS" or "not ok NAME
# SUBTESTS".
union_test() { # SUBJECT RUN NAME
	local words flags=() options='' base log=$log_of/$3.log verdict=ok
	for words in $2; do
		case $words in
		+*) options=${words#+} ;;
		@*) [ "$1" != shale-fuse ] || options+=${options:+,}${words#@} ;;
		--ov*)
			flags+=("$words")
			[ "$1" = kernel ] || flags+=("--fuse=$1")
			;;
		*) flags+=("$words") ;;
		esac
	done
	(
		cd "$UNIONMOUNT_TESTSUITE" || exit
		[ -z "$options" ] || export UNIONMOUNT_MNTOPTIONS=$options
		PYTHONDONTWRITEBYTECODE=1 timeout -s KILL 600 python3 ./run "${flags[@]}" "$3"
	) >"$log" 2>&1 || verdict='not ok'
	echo "$verdict $3 $(grep -c '^TEST ' "$log")"
	(cd "$UNIONMOUNT_TESTSUITE" && PYTHONDONTWRITEBYTECODE=1 python3 ./run --clean-up) >/dev/null 2>&1
}

union_run() { # SUBJECT RUN
	local name
	for name in $(union_tests "$2"); do
		union_test "$1" "$2" "$name"
	done
}

# ---- the report ----------------------------------------------------------------------------------

report() { # SUITE SUBJECT RUN FILE SECONDS
	awk -v suite="$1" -v subject="$2" -v run="$3" -v seconds="$5" '
		/^ok/ { passed++; subtests += $3 }
		/^not ok/ { failed++ }
		END { printf "%-12s %-28s %-15s %6d passed %5d failed %s %6d s\n", suite, run, subject,
			passed, failed, subtests ? sprintf("%5d subtests", subtests) : "              ",
			seconds }' "$4"
}

one() { # SUITE SUBJECT RUN COMMAND...
	local suite=$1 subject=$2 run=$3 file from=$SECONDS
	shift 3
	file=$results/$suite$(tr -d ' /' <<<"$run" | cut -c -99).$subject
	log_of=$file.logs
	mkdir -p "$log_of"
	"$@" >"$file"
	report "$suite" "$subject" "$run" "$file" $((SECONDS - from))
}

# Lists the tests that pass on the kernel and fail on shale.
worse() {
	local kernel subject shale name bad=0
	for kernel in "$results"/*.kernel; do
		for subject in shale-fuse shale-kernel; do
			shale=${kernel%.kernel}.$subject
			[ -f "$kernel" ] && [ -f "$shale" ] || continue
			while read -r name; do
				echo "kernel passes, $subject fails: $(basename "${kernel%.kernel}") $name"
				bad=1
			done < <(comm -23 <(sed -n 's/^ok \([^ ]*\).*/\1/p' "$kernel" | sort -u) \
				<(sed -n 's/^ok \([^ ]*\).*/\1/p' "$shale" | sort -u))
		done
	done
	return $bad
}

. "$here/lib-go.sh"
[ -n "${shale_suites_inside-}" ] || enter_namespaces
prepare
trap clean_up EXIT
# Runs COMMAND SUBJECT [RUN] for each subject.
each_subject() { # SUITE RUN COMMAND
	local subject
	for subject in $SHALE_SUITE_SUBJECTS; do
		! can_run "$subject" || one "$1" "$subject" "$2" "$3" "$subject" "$2"
	done
}

if [ -n "${UNIONMOUNT_TESTSUITE-}" ]; then
	IFS=';' read -r -a runs <<<"$SHALE_SUITE_RUNS"
	for run in "${runs[@]}"; do
		each_subject unionmount "$run" union_run
	done
else
	echo 'unionmount-testsuite skipped: UNIONMOUNT_TESTSUITE is not set'
fi
if [ -n "${PJDFSTEST-}" ]; then
	each_subject pjdfstest '' pjd_run
	each_subject pjdfstest ' plain user' pjd_plain_run
else
	echo 'pjdfstest skipped: PJDFSTEST is not set'
fi
if [ -n "${XFSTESTS-}" ]; then
	IFS=';' read -r -a runs <<<"$SHALE_SUITE_GROUPS"
	for run in "${runs[@]}"; do
		each_subject xfstests "$run" xfs_run
	done
else
	echo 'xfstests skipped: XFSTESTS is not set'
fi
if [ -n "${LTP-}" ]; then
	each_subject ltp '' ltp_run
else
	echo 'ltp skipped: LTP is not set'
fi
unbuilt=0
engine_suites
worse && [ $unbuilt = 0 ]
