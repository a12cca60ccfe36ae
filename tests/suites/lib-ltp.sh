# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# LTP's tests of system calls on files, in the merged directory: those that make a filesystem of their own
# test that one, and pass everywhere.
ltp_calls='access|acct|chdir|chmod|chown|chroot|close|copy_file_range|creat|dup|execve|execveat|faccessat|fallocate|fadvise|fchdir|'
ltp_calls+='fchmod|fchmodat|fchown|fchownat|fcntl|fdatasync|fgetxattr|flistxattr|flock|fremovexattr|fsetxattr|fstat|fstatat|fstatfs|'
ltp_calls+='fsync|ftruncate|futimesat|getcwd|getdents|getxattr|inotify|fanotify|lchown|lgetxattr|link|linkat|listxattr|llistxattr|'
ltp_calls+='llseek|lremovexattr|lseek|lstat|mkdir|mkdirat|mknod|mknodat|mmap|msync|munmap|name_to_handle_at|open|openat|open_by_handle_at|'
ltp_calls+='posix_fadvise|pread|preadv|pwrite|pwritev|read|readahead|readdir|readlink|readlinkat|readv|removexattr|rename|renameat|'
ltp_calls+='rmdir|sendfile|setxattr|splice|stat|statfs|statvfs|statx|symlink|symlinkat|sync_file_range|syncfs|tee|truncate|umask|'
ltp_calls+='unlink|unlinkat|utime|utimensat|utimes|vmsplice|write|writev|fs_fill|ftest|inode|stream|growfiles|rwtest|lftest|'
ltp_calls+='fs_inod|linker|openfile|doio|iogen|fsx-linux|proc|isofs|read_all'

# Prints "NAME COMMAND" of each test.
ltp_list() {
	cat "$LTP/runtest/syscalls" "$LTP/runtest/fs" 2>/dev/null |
		grep -E "^($ltp_calls)[0-9]*(_[0-9]+|[A-Za-z_0-9]*)? " | grep -E "${SHALE_SUITE_TESTS:+^(${SHALE_SUITE_TESTS// /|}) }" | sort -u
}

# A test that does not fit this machine (status 32) is neither passed nor failed.
ltp_run() { # SUBJECT
	local name command status options=lowerdir=ltp/lower,upperdir=ltp/upper,workdir=ltp/work
	rm -rf ltp && mkdir -p ltp/{lower,upper,work,merged} && chmod 1777 ltp/lower ltp/upper
	if [ "$1" = kernel ]; then
		mount -t overlay overlay -o "$options" ltp/merged
	else
		"$1" -o "$options" ltp/merged
	fi || return
	while read -r name command; do
		mkdir -p "ltp/merged/$name" && chmod 1777 "ltp/merged/$name"
		(
			cd "ltp/merged/$name" || exit
			TMPDIR=$PWD TMP=$PWD LTPROOT=$LTP PATH=$LTP/testcases/bin:$PATH timeout -s KILL "${SHALE_SUITE_SECONDS:-120}" bash -c "$command"
		) >"$log_of/$name.log" 2>&1 </dev/null
		status=$?
		case $status in
		0 | 4) echo "ok $name" ;;
		32 | 127) ;;
		*) echo "not ok $name" ;;
		esac
		rm -rf "ltp/merged/$name"
	done < <(ltp_list)
	umount -l ltp/merged
}
