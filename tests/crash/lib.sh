# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Makes a store, runs commands that change it, and checks the store after a command that was killed
# or failed. Sourced by the tests in this folder, which run in a mount namespace of their own.
set -u
export LC_ALL=C
build=${SHALE_BUILD:-$(cd "$(dirname "$0")/../../build" && pwd)}
# Use the program itself, because libtool's wrapper takes ten times as long.
shale=${SHALE:-$build/.libs/shale}
export LD_LIBRARY_PATH=$build/.libs
operations='init create create_rw apply remove remove_full commit commit_move flatten snapshot fork import import_oci untag collect collect_full
sweep cleanup repair convert get put' # and get_fuse put_fuse, by hand
# Switch LeakSanitizer off, because it stops processes that it shares with strace.
export ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}
count=0 failed=0 tried=0

result() { # CLAIM PROBLEMS
	count=$((count + 1))
	if [ -z "$2" ]; then
		echo "ok $count - $1"
	else
		failed=1
		echo "not ok $count - $1"
		echo "$2" | sed 's/^/# /'
	fi
}

skip() {
	if [ "${SHALE_MUST_RUN:-}" = 1 ]; then
		result 'system calls of shale can be tampered with' "$1"
		echo "1..$count"
		exit 1
	fi
	echo "1..0 # SKIP $1"
	exit 0
}

finish() {
	echo "# $tried points tried"
	echo "1..$count"
	exit $failed
}

command -v strace >/dev/null || skip 'there is no strace'
[ "$(id -u)" = 0 ] || skip 'only root can mount here'
if [ -z "${SHALE_CRASH_INSIDE:-}" ]; then
	SHALE_CRASH_INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
fi

# Work in memory: leftovers are the same as on a disk, but most of the time would be spent waiting
# for a disk.
dir=$(TMPDIR=/dev/shm mktemp -d)
home=$dir/home
export SHALE_HOME=$home SHALE_RUN=$dir/run SHALE_BACKEND=kernel
unmount_all() { umount -l "$home"/*/merged "$home"/*/*/view 2>/dev/null; }
trap 'unmount_all; rm -rf "$dir"' EXIT

# ---- the store and the operations ---------------------------------------------------------------

# Makes an image, three layers one above the other (the topmost is writable), a single layer, and a
# layer with a renamed directory.
make_template() {
	mkdir -p "$dir/tree/etc"
	echo new >"$dir/tree/etc/file"
	ln "$dir/tree/etc/file" "$dir/tree/etc/name"
	ln -s file "$dir/tree/etc/link"
	setfattr -n user.note -v text "$dir/tree/etc/file"
	tar -C "$dir/tree" --format=posix --xattrs -cf "$dir/new.tar" .
	echo old >"$dir/tree/etc/file"
	tar -C "$dir/tree" -cf "$dir/old.tar" .
	export SHALE_HOME=$dir/template
	"$shale" import "$dir/old.tar" image
	"$shale" export image "oci:$dir/oci:image"
	"$shale" create base
	"$shale" apply base "$dir/old.tar"
	"$shale" create --parent base middle
	"$shale" create --rw --parent middle work
	"$shale" create lone
	"$shale" apply lone "$dir/old.tar"
	"$shale" create --rw --parent middle --opt redirect_dir=on moved
	mv "$("$shale" get moved)/etc" "$SHALE_HOME/moved/merged/renamed"
	"$shale" put moved
	"$shale" probe # RUN keeps the probe's result
	mkdir -m 700 "$dir/template-run"
	mv "$SHALE_RUN"/probe-* "$dir/template-run"
	rm -rf "$SHALE_RUN"
	export SHALE_HOME=$home
}

prepare() { # OPERATION
	unmount_all
	rm -rf "$home" "$SHALE_RUN"
	cp -a "$dir/template" "$home"
	cp -a "$dir/template-run" "$SHALE_RUN"
	export SHALE_BACKEND=kernel
	[[ $1 != *_fuse ]] || export SHALE_BACKEND=fuse
	case $1 in
	init) rm -rf "$home" ;;
	put*) "$shale" get work >/dev/null ;;
	snapshot | fork) write_in work ;;
	remove_full) "$shale" ls >/dev/null ;; # makes the files in RUN, which is not on the full disk
	collect* | import_oci) "$shale" rmi image && [ "$1" != import_oci ] || "$shale" gc --layers >/dev/null ;;
	sweep) leave_over ;;
	cleanup)
		"$shale" get work >/dev/null
		rm "$SHALE_RUN/refs/work" ;;
	repair) break_it ;;
	flatten) write_in middle work ;;
	esac
}

# Puts a file called like the layer into each layer's diff/, as a write through a mount would.
write_in() { # ID...
	local id
	for id; do
		echo "$id" >"$home/$id/diff/$id"
		touch -d @1000000000 "$home/$id/diff/$id" "$home/$id/diff"
	done
}

# Makes leftovers like those of killed processes. If other processes held their locks, a store would
# leave them alone.
leave_over() {
	ln -s ../nobody/diff "$home/l/ABCDEFGHIJKLMNOPQRSTUVWXYZ"
}

break_it() {
	rm "$home/work/link" "$home/middle/lower"
	rm -r "$home/lone/diff"
	: >"$home/stranger"
}

# Sets the command of an operation. ${full[@]} are strace options that make renames fail as on a
# full disk.
command_of() { # OPERATION
	local operation_name=$1
	case $1 in
	init) set -- init ;;
	create) set -- create --parent base new ;;
	create_rw) set -- create --rw --parent work new ;;
	apply) set -- apply lone "$dir/new.tar" ;;
	remove*) set -- rm work ;;
	commit) set -- commit work new ;;
	commit_move) set -- commit --move work new ;;
	flatten) set -- flatten --down-to base work ;;
	snapshot) set -- --json snapshot work new ;;
	fork) set -- --json fork work new ;; # says nothing on standard error
	import) set -- import "$dir/new.tar" second ;;
	import_oci) set -- import "oci:$dir/oci:image" second ;;
	untag) set -- rmi image ;;
	collect*) set -- gc --layers ;;
	sweep) set -- gc ;;
	cleanup) set -- cleanup ;;
	repair) set -- check --repair ;;
	convert) set -- convert moved ;;
	get*) set -- get work ;;
	put*) set -- put work ;;
	esac
	command=("$shale" "$@")
	full=()
	[[ $operation_name != *_full ]] || full=(-e inject=renameat,renameat2:error=EDQUOT)
}

# ---- checks of the store ------------------------------------------------------------------------

# Prints "before" or "after": whether the store is as before the operation or as after it. Prints
# nothing if it is neither.
state() { # OPERATION
	case $1 in
	init) [ -e "$home/shale.json" ] && echo after || echo before ;;
	create | create_rw | commit) [ -e "$home/new" ] && echo after || echo before ;;
	commit_move)
		case $("$shale" exists work && echo work)$("$shale" exists new && echo new) in
		work) "$shale" inspect work | grep -q '^Kind: *rw' && echo before ;;
		new) "$shale" inspect new | grep -q '^Kind: *layer' && echo after ;;
		esac ;;
	flatten)
		case $("$shale" inspect work | sed -n 's/^Parent: *//p') in
		middle) [ "$(ls "$home/work/diff")" = work ] && echo before ;;
		base) [ "$(cat "$home"/work/diff/*)" = $'middle\nwork' ] && echo after ;;
		esac ;;
	snapshot | fork) of_snapshot "$1" ;;
	apply) sed 's/old/before/; s/new/after/' "$home/lone/diff/etc/file" ;;
	remove*) "$shale" exists work && echo before || echo after ;;
	import*) "$shale" images | grep -q '^second' && echo after || echo before ;;
	untag) "$shale" images | grep -q '^image' && echo before || echo after ;;
	collect*) "$shale" ls | grep -qE '^[0-9a-f]{64} ' && echo before || echo after ;;
	sweep) [ -h "$home/l/ABCDEFGHIJKLMNOPQRSTUVWXYZ" ] && echo before || echo after ;;
	repair) "$shale" check >/dev/null && echo after || echo before ;;
	convert) "$shale" inspect moved | grep -q redirect && echo before || echo after ;;
	cleanup) is_mounted && echo before || echo after ;;
	get*) is_mounted && echo after || echo before ;;
	put*) is_mounted && echo before || echo after ;;
	esac
}

parent_of() { "$shale" inspect "$1" | sed -n 's/^Parent: *//p'; }

# Prints "before" or "after" a snapshot or a fork of the layer work. A command that locks the layer
# may have to finish the snapshot first; the store must be whole all the time.
of_snapshot() { # OPERATION
	"$shale" check >/dev/null || echo damaged
	[ "$(cat "$("$shale" get work)/work")" = work ] || echo 'the file is lost'
	"$shale" put work
	case $1,$([ -e "$home/new" ] && echo new),$(parent_of work) in
	snapshot,,middle | fork,,middle | fork,,work.*) echo before ;;
	snapshot,new,new) [ "$(cat "$home/new/diff/work")" = work ] && echo after ;;
	fork,new,work.*)
		[ "$(parent_of new)" = "$(parent_of work)" ] &&
			[ "$(cat "$("$shale" get new)/work")" = work ] && echo after
		"$shale" put new ;;
	esac
}

is_mounted() { grep -q " $home/work/merged " /proc/self/mountinfo; }

leftovers() {
	find "$home/staging" "$home/trash" -mindepth 1 ! -name '.*'
	cmp -s <(ls "$home/l") <(find "$home" -mindepth 2 -maxdepth 2 -name link -exec sed '' {} + |
		fold -w 26 | sort) ||
		echo 'links and layers do not match'
}

# Lists the content of the layers that the operation does not touch.
content() { # OPERATION
	local target=
	case $1 in
	apply | repair) target=lone ;;
	remove* | commit_move | flatten | snapshot | fork) target=work ;;
	convert) target=moved ;;
	esac
	(cd "$home" 2>/dev/null && for layer in base middle work lone moved; do
		[ "$layer" = "$target" ] || find "$layer" ! -path '*/work/*' ! -path '*/merged*' \
			-path '*/diff*' -printf '%p %M %U:%G %s %n %l %T@\n' | sort
		[ "$layer" = "$target" ] || [ ! -d "$layer/diff/etc" ] || cat "$layer"/diff/etc/*
	done)
}

# Prints each rule that the store breaks now. The rules hold whether the command has ended or was
# killed.
examine() { # OPERATION
	local was
	was=$(state "$1")
	[ -n "$was" ] || echo 'the store shows neither what was before nor what comes after'
	[[ $1,$was =~ ^(repair|init),before$ ]] || "$shale" check || echo 'check finds the store damaged'
	[ "$1" = init ] || [ "$(state "$1")" = "$was" ] || echo 'the next command changed it'
	[[ $1,$was =~ ^(repair|sweep|init),before$ ]] || leftovers
	[ "$1" = init ] || [ "$(content "$1")" = "$content_before" ] || echo 'another layer has changed'
	case $1,$was in
	get* | put*) examine_mount ;;
	*,before)
		command_of "$1"
		"${command[@]}" >/dev/null || echo 'it cannot be done again'
		[ "$(state "$1")" = after ] || echo 'done again, it did nothing' ;;
	esac
	"$shale" check || echo 'check finds the store damaged after that'
	leftovers
	[ "$1" = cleanup ] || ! grep " $dir/" /proc/self/mountinfo || echo 'something stays mounted'
}

# Checks the mount, however many users are counted: a get works, puts end it, and nothing stays
# mounted.
examine_mount() {
	"$shale" get work >/dev/null || echo 'get fails'
	[ "$(cat "$home/work/merged/etc/file")" = old ] || echo 'the mount shows something else'
	"$shale" put work || echo 'put fails'
	"$shale" put work || echo 'another put fails'
	is_mounted && echo 'it stays mounted'
	"$shale" rm work || echo 'the layer cannot be removed'
}

try_every_operation() { # [OPERATION]...; calls try_operation for each
	local operation
	make_template >/dev/null
	for operation in ${*:-$operations}; do
		prepare "$operation"
		content_before=$(content "$operation")
		try_operation "$operation"
	done
	finish
}
