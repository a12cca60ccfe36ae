# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# The frame of the end-to-end tests. A test file sources it, defines scenario(), and says for which
# kinds of users and on which backends it runs:
#
#	. "${0%/*}/lib.sh"
#	scenario() { ...; }
#	on_each_backend 'deleting a lower file leaves a whiteout in upper'
#	on_each_backend_as 'root user userns' 'the same for everybody'
#
# Prints TAP. Run it by hand (tests/e2e/NAME.sh) or by make check. Each case runs in a directory, a
# process, and a pid and mount namespace of its own, so that everything it mounts or starts ends
# with it.
#
# Kinds of users. root: in the initial user namespace. user: without privileges, so FUSE only,
# through fusermount3. userns: root of a user namespace of that user, with subordinate ids where
# newuidmap gives them. plain: like user; the kernel's mount is made in a user namespace of that
# user, and used without any capability there.
#
# Environment: SHALE, SHALE_FUSE, DIFFERENTIAL (programs); SHALE_MUST_RUN=1 (a skip is a failure);
# SHALE_TEST_KINDS, SHALE_TEST_BACKENDS (only these); SHALE_TEST_DIR (work there, not in a tmpfs);
# SHALE_TEST_SECONDS (the time that a case may take).
set -u
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
# Since 2.39 mount(8) passes each option to fsconfig(2), which takes at most 255 bytes. Keep mount(2).
export LIBMOUNT_FORCE_MOUNT2=always
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd) || exit 1
self=$(cd "${0%/*}" && pwd)/${0##*/} || exit 1
. "$here/lib-programs.sh"
. "$here/lib-assert.sh"
. "$here/lib-mount.sh"
. "$here/lib-store.sh"

unprivileged=65534    # nobody, who exists on every machine
case_seconds=${SHALE_TEST_SECONDS:-600}
tests=0 bad=0 calls=0

result() { # ok|'not ok' WORDS
	tests=$((tests + 1))
	echo "$1 $tests - $2"
	[ "$1" = ok ] || bad=$((bad + 1))
}

skipped() { # WORDS REASON
	if [ "${SHALE_MUST_RUN:-0}" = 1 ]; then
		result 'not ok' "$1"
		echo "# skipped, which this machine is said not to need: $2"
	else
		result ok "$1 # SKIP $2"
	fi
}

# ---- inside a case ------------------------------------------------------------------------------

# Ends the case as skipped.
skip() { # REASON
	echo "$1" >"$case_dir/../skipped"
	exit 77
}

run_case() {
	cd "$case_dir" || exit 1
	[ "$kind $backend" != 'plain kernel' ] || become_plain
	mkdir lower upper work merged
	set -eE -o pipefail
	trap 'echo "line $LINENO of ${BASH_SOURCE[0]##*/} failed: $BASH_COMMAND" >&2' ERR
	scenario
	trap - ERR
	set +eE
	cd "$case_dir" && umount_merged && nothing_left
	exit
}

# ---- around a case ------------------------------------------------------------------------------

# Gives the cases an empty tmpfs, the FUSE node and subordinate ids. For root only.
prepare_as_root() {
	[ -n "${SHALE_TEST_DIR-}" ] || mount -t tmpfs -o mode=755 shale-e2e "$scratch" || exit 1
	mkdir "$scratch/etc"
	if [ "$(stat -c %a /dev/fuse 2>/dev/null)" != 666 ]; then
		mknod -m 666 "$scratch/etc/fuse" c 10 229
		[ -e /dev/fuse ] && mount --bind "$scratch/etc/fuse" /dev/fuse
	fi
	printf '%s:200000:65536\n' nobody $unprivileged >"$scratch/etc/subids"
	for file in /etc/subuid /etc/subgid; do
		[ ! -e $file ] || mount --bind "$scratch/etc/subids" $file
	done
}

# Enters a mount namespace of its own, for any user. Root's tests also get a pid namespace, so that
# their processes end with them.
enter_namespaces() {
	[ -z "${shale_e2e_inside-}" ] || return 0
	scratch=$(mktemp -d "${SHALE_TEST_DIR:-${TMPDIR:-/tmp}}/shale-e2e.XXXXXX") || exit 1
	chmod 755 "$scratch"
	export shale_e2e_inside=1 scratch
	if [ "$(id -u)" = 0 ]; then
		unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
			bash "$self"
	else
		bash "$self"
	fi
	status=$?
	rm -rf --one-file-system "$scratch"
	exit $status
}

# Sets $place: the command prefix that runs a case for KIND.
place_of() { # KIND BACKEND
	place=(timeout -s KILL "$case_seconds")
	if [ "$(id -u)" = 0 ]; then
		place+=(unshare --mount --propagation private --pid --fork --kill-child --mount-proc)
		[ "$1" = root ] || place+=(setpriv --reuid $unprivileged --regid $unprivileged
			--clear-groups --inh-caps=-all)
	fi
	case "$1 $2" in
	'plain kernel') place+=(unshare --user --map-current-user --keep-caps) ;;
	userns*) place+=(unshare --user --map-root-user) ;;
	*) return 0 ;;
	esac
	[ "$1 $ids" != 'userns many' ] || place+=(--map-auto)
	place+=(--mount --propagation private --pid --fork --kill-child --mount-proc)
}

# Prints the reason why KIND cannot run on BACKEND here; prints nothing if it can.
obstacle() { # KIND BACKEND
	if [ "$1" = root ] && [ "$(id -u)" != 0 ]; then
		echo 'needs root'
	elif [ "$2" = fuse ] && [ ! -c /dev/fuse ]; then
		echo 'no /dev/fuse'
	elif [ "$2" = fuse ] && [ ! -w /dev/fuse ]; then
		echo '/dev/fuse is not for everybody'
	elif [ "$2" = fuse ] && [ ! -x "$SHALE_FUSE" ]; then
		echo "no program $SHALE_FUSE"
	elif [[ "$1 $2" == @(user|plain)' fuse' ]] && ! command -v fusermount3 >/dev/null; then
		echo 'no fusermount3'
	elif [[ "$1 $2" == @(userns*|plain' kernel') ]] && ! "${place[@]}" true 2>/dev/null; then
		echo 'no user namespaces for unprivileged users'
	fi
}

start_case() { # KIND BACKEND
	mkdir -p "$scratch/run/case"
	[ "$(id -u)" != 0 ] || [ "$1" = root ] || chown -R $unprivileged "$scratch/run"
	case_of="$calls $1 $2 $ids" case_dir=$scratch/run/case \
		"${place[@]}" bash "$self" >"$scratch/log" 2>&1
	case_status=$?
	skip_reason=$(cat "$scratch/run/skipped" 2>/dev/null)
	rm -rf --one-file-system "$scratch/run"
}

one_case() { # KIND BACKEND CLAIM
	local words="$3 ($1, $2)" why place ids=many
	place_of "$1" "$2"
	if [ "$1" = userns ] && ! "${place[@]}" true 2>/dev/null; then
		ids=one
		place_of "$1" "$2"
	fi
	why=$(obstacle "$1" "$2")
	if [ -n "$why" ]; then
		skipped "$words" "$why"
		return
	fi
	start_case "$1" "$2"
	if [ $case_status = 0 ]; then
		result ok "$words"
	elif [ $case_status = 77 ]; then
		skipped "$words" "$skip_reason"
	else
		result 'not ok' "$words"
		[ $case_status != 137 ] || echo "# killed after $case_seconds s"
		sed 's/^/# /' "$scratch/log"
	fi
}

wanted() { # WORD LIST
	[[ " $2 " == *" $1 "* ]]
}

# Runs scenario() for each of KINDS on each backend that it can mount.
on_each_backend_as() { # KINDS CLAIM
	local as on
	calls=$((calls + 1))
	if [ -n "${case_of-}" ]; then
		[ "${case_of%% *}" != $calls ] || run_case
		return 0
	fi
	for as in $1; do
		wanted "$as" "${SHALE_TEST_KINDS:-root user userns plain}" || continue
		for on in ${only_backend:-kernel fuse}; do
			[ "$as $on" != 'user kernel' ] || continue
			wanted "$on" "${SHALE_TEST_BACKENDS:-kernel fuse auto}" || continue
			one_case "$as" "$on" "$2"
		done
	done
}

on_each_backend() { # CLAIM
	on_each_backend_as root "$1"
}

# Runs scenario() once, with $backend set to auto: the scenario needs no backend, or chooses one itself.
once_as() { # KINDS CLAIM
	only_backend=auto on_each_backend_as "$@"
}

finish() {
	local status=$?
	echo "1..$tests"
	[ $status = 0 ] && [ $bad = 0 ]
	exit
}

enter_namespaces
if [ -n "${case_of-}" ]; then
	# shellcheck disable=SC2034 # for the scenarios
	read -r _ kind backend ids <<<"$case_of"
	set_mount_words
else
	[ "$(id -u)" != 0 ] || prepare_as_root
	trap finish EXIT
fi
