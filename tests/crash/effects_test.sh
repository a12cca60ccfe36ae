#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes one system call of the FUSE daemon fail while it serves an operation. If the operation then
# reports failure, it must have changed nothing: the tree is as before, in this mount and in the
# next. If it reports success, it must be complete. All of it by hand: effects_test.sh all
# [OPERATION]...; without arguments only a sample, as in errors_test.sh.
. "${0%/*}/lib.sh"
SHALE_CRASH_FAULTS=${SHALE_CRASH_FAULTS:-EIO}
. "${0%/*}/points.sh"
fuse=${SHALE_FUSE:-$build/shale-fuse}
lower=$dir/lower merged=$dir/merged
changing='^(mkdirat|mknodat|renameat|renameat2|linkat|symlinkat|unlinkat|f?setxattr|lsetxattr|f?removexattr|f?chmod|
fchmodat|fchmodat2|f?chown|fchownat|utimensat|f?truncate|fallocate|copy_file_range|pwrite64|pwritev2?|splice|openat|
open|ioctl|fsync|fdatasync|sync_file_range)$'
changing=${changing//$'\n'/}

make_tree() {
	mkdir -p "$lower"/{dir/sub,full,empty} "$dir/upper"
	head -c 20000 /dev/urandom >"$lower/big"
	for name in file other dir/one dir/two full/old; do
		echo "lower $name" >"$lower/$name"
	done
	ln "$lower/file" "$lower/name"
	ln -s file "$lower/link"
	mkfifo "$lower/pipe"
	setfattr -n user.note -v text "$lower/file" "$lower/big"
	chmod 6755 "$lower/other"
	cp -a "$lower/big" "$dir/upper/upper"
	mkdir "$dir/upper/own"
	echo own >"$dir/upper/own/file"
	mv "$dir/upper" "$dir/upper-before"
}

begin() {
	umount -l "$merged" 2>/dev/null
	rm -rf "$dir/upper" "$dir/work"
	cp -a "$dir/upper-before" "$dir/upper"
	mkdir -p "$dir/work" "$merged"
	mount_again
}

mount_again() {
	"$fuse" -o "lowerdir=$lower,upperdir=$dir/upper,workdir=$dir/work,fsname=$dir" "$merged"
}

daemon_of() {
	pgrep -n -f "fsname=$dir"
}

view() {
	# The number of links is left out: a hard link that was copied up is another file, on the
	# kernel's overlay, too.
	(cd "$merged" && find . \( ! -type d -printf '%p %y %M %U:%G %s %l %T@\n' \) , \
		\( -type d -printf '%p %y %M %U:%G\n' \) | sort
		find . -type f -print0 | sort -z | xargs -0 sha256sum
		find . -print0 | sort -z | xargs -0 getfattr -h -d -m user --) 2>&1
}

run() { # OPERATION
	cd "$merged" || return
	case $1 in
	create) : >new ;;
	create_in_lower) : >dir/new ;;
	create_over_whiteout) : >full/old ;;
	mkdir) mkdir dir/new ;;
	mkdir_over_whiteout) mkdir full/old ;;
	symlink) ln -s target dir/new ;;
	mknod) mknod dir/new p ;;
	mknod_owned) setpriv --reuid 7 --regid 7 --clear-groups mknod free/new p ;;
	create_owned) setpriv --reuid 7 --regid 7 --clear-groups sh -c ': >free/new' ;;
	link) ln file dir/new ;;
	link_upper) ln upper dir/new ;;
	chmod) chmod 600 file ;;
	chmod_dir) chmod 700 dir ;;
	chown) chown 5:5 other ;;
	chown_upper) chown 5:5 upper ;;
	utimes) touch -d @1000 file ;;
	truncate) truncate -s 5 big ;;
	truncate_upper) truncate -s 5 upper ;;
	extend) truncate -s 50000 big ;;
	open_truncate) : >big ;;
	append) echo x >>big ;;
	append_upper) echo x >>upper ;;
	setxattr) setfattr -n user.note -v new big ;;
	removexattr) setfattr -x user.note big ;;
	unlink) rm -f other ;;
	unlink_upper) rm -f upper ;;
	unlink_link) rm -f name ;;
	rmdir) rmdir empty ;;
	rmdir_upper) rmdir own ;;
	rename) mv -T other dir/moved ;;
	rename_over) mv -T other dir/one ;;
	rename_upper) mv -T upper moved ;;
	rename_upper_over) mv -T upper other ;;
	rename_dir) python3 -c 'import os; os.rename("own", "empty")' ;;
	rename_over_whiteout) mv -T upper full/old ;;
	fallocate) fallocate -l 100000 big ;;
	chattr) chattr +A big ;;
	esac
}
operations_here='create create_in_lower create_over_whiteout mkdir mkdir_over_whiteout symlink mknod mknod_owned
create_owned link link_upper chmod chmod_dir chown chown_upper utimes truncate truncate_upper extend open_truncate
append append_upper setxattr removexattr unlink unlink_upper unlink_link rmdir rmdir_upper rename rename_over
rename_upper rename_upper_over rename_dir rename_over_whiteout fallocate chattr'

# Prepares the tree before strace watches the daemon.
ready() { # OPERATION
	begin
	(cd "$merged" && mkdir -m 777 free
		case $1 in
		*over_whiteout) rm full/old ;;
		rmdir_upper) rm own/file ;;
		esac)
	view >"$dir/before"
}

watched() { # STRACE-OPTION... -- runs the operation
	local tracer status
	strace -f -qq -p "$(daemon_of)" "$@" 2>"$dir/tracer" &
	tracer=$!
	for _ in $(seq 200); do
		grep -q 'TracerPid:[[:space:]]*[1-9]' "/proc/$(daemon_of)/status" && break
		sleep 0.01
	done
	sleep 0.03
	(run "$operation") >"$dir/out" 2>"$dir/err"
	status=$?
	kill -INT $tracer 2>/dev/null
	wait $tracer
	return $status
}

points_here() { # OPERATION
	operation=$1
	ready "$1"
	rm -f "$dir"/thread.*
	watched -ff -o "$dir/thread" || echo "$1 fails: $(cat "$dir/err")" >&2
	view >"$dir/after-$1"
	sed -s 's/^/ /' "$dir"/thread.* | awk -v changing="$changing" -v op="$1" -v faults="$faults" '
		{ name = $1; sub(/\(.*/, "", name) }
		name ~ changing { n[name]++; split(faults, f, " "); for (i in f) print op, name, n[name], f[i] }'
}

try_point() { # OPERATION CALL NUMBER FAULT
	local status expected now what=
	operation=$1
	ready "$1"
	watched -o /dev/null -e "inject=$2:error=$4:when=$3"
	status=$?
	expected=$dir/before
	[ $status != 0 ] || expected=$dir/after-$1
	now=$(view | differ "$expected" "$1")
	umount "$merged"
	while [ -n "$(daemon_of)" ]; do sleep 0.01; done
	mount_again || what='it cannot be mounted again'
	what+=$now$(view | differ "$expected" "$1")
	umount "$merged"
	[ -z "$what" ] || printf '%s number %d, status %d: %s\n%s\n\n' "$2" "$3" $status "$(cat "$dir/err")" "$what"
}

# Tells whether two trees differ. The times that an operation sets differ between runs, so they are
# left out.
differ() { # FILE OPERATION
	if [[ $1 == *after* ]]; then
		diff <(sed -E 's/ [0-9]{10}\.[0-9]+$//' "$1") <(sed -E 's/ [0-9]{10}\.[0-9]+$//')
	else
		diff "$1" -
	fi
}

all=0
[ "${1:-}" != all ] || { all=1; shift; }
trap 'umount -l "$merged" 2>/dev/null; rm -rf "$dir"' EXIT
make_tree
for operation in ${*:-$operations_here}; do
	points_here "$operation"
done | choose >"$dir/points"
for operation in $(cut -d ' ' -f 1 "$dir/points" | uniq); do
	try_points_of "$operation"
	result "$operation is done or not, whichever of $n calls fails" "$problems"
done
finish
