#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Thousands of permission checks: the FUSE backend must give the kernel's answers.
. "${0%/*}/lib.sh"

# Makes a tree with many modes, owners, ACLs and capabilities.
template() {
	local mode owner file dir
	for owner in 0:0 1000:1000 1001:2000 1000:5000; do
		for mode in 0 400 444 600 640 660 664 666 755 2664 2755 4666 4755 6777; do
			file=$owner-$mode
			echo data >"$file"
			chown "$owner" "$file"
			chmod "$mode" "$file"
			setfattr -n user.x -v 1 "$file"
		done
	done
	for dir in 0:0-755 1000:1000-755 0:0-1777 0:2000-2775 1001:2000-2770 1000:5000-775 1000:1000-500 0:0-1775; do
		mkdir "dir-$dir"
		chown "${dir%-*}" "dir-$dir"
		for owner in 0:0 1000:1000 1001:2000; do
			echo data >"dir-$dir/of-$owner"
			chown $owner "dir-$dir/of-$owner"
			mkdir "dir-$dir/sub-$owner"
			chown $owner "dir-$dir/sub-$owner"
		done
		chmod "${dir#*-}" "dir-$dir"
	done
	cp -a 1000:1000-640 acl-user
	setfacl -m u:1001:rw,g:5000:r acl-user
	cp -a 0:0-2664 acl-setgid
	setfacl -m u:1000:rw,m::r acl-setgid
	cp -a 1000:5000-600 acl-group
	setfacl -m g:5000:rw,u:1001:- acl-group
	cp -a dir-0:0-755 dir-acl
	setfacl -m u:1000:rwx,d:u:1000:rwx,d:g:5000:rx,d:o::- dir-acl
	cp -a dir-0:2000-2775 dir-acl-setgid
	setfacl -m u:1002:rwx,d:u::rw,d:g::-,d:o::r dir-acl-setgid
	cp -a 0:0-755 capable
	setcap cap_net_raw+ep capable
	cp -a 1000:1000-755 capable-own
	setcap -n 100000 cap_net_raw+ep capable-own
	cp -a 1000:1000-666 trusted
	setfattr -n trusted.x -v 1 trusted
	mkfifo fifo
	chmod 620 fifo
	ln -s capable link
}

# Tries every access as several callers. Each caller has its own copy of the tree below DIR. WHO is
# a user of the host, or of a container for which the tree is mapped.
answers() { # DIR WHO
	python3 - "$@" <<-'END'
		import ctypes, errno, os, stat, struct, sys
		libc = ctypes.CDLL(None, use_errno=True)
		ACL = struct.pack("<I" + "HHI" * 5, 2, 1, 6, 2**32 - 1, 2, 6, 1000, 4, 4, 2**32 - 1,
		    16, 6, 2**32 - 1, 32, 0, 2**32 - 1)

		def cap_set(bits):
		    header = struct.pack("<II", 0x20080522, 0)
		    low, high = bits & (2**32 - 1), bits >> 32
		    assert libc.capset(header, struct.pack("<6I", low, low, 0, high, high, 0)) == 0

		def become(uid, gid, groups=(), caps=None):
		    os.setgroups(groups)
		    os.setresgid(gid, gid, gid)
		    if caps is not None:
		        assert libc.prctl(8, 1, 0, 0, 0) == 0  # PR_SET_KEEPCAPS
		    os.setresuid(uid, uid, uid)
		    if caps is not None:
		        cap_set(caps)

		def unshare(maps):
		    """MAPS are written by a process that stays outside."""
		    ready, go, me = os.pipe(), os.pipe(), os.getpid()
		    if os.fork() == 0:
		        os.read(ready[0], 1)
		        for name in "uid_map", "gid_map":
		            with open(f"/proc/{me}/{name}", "w") as file:
		                file.write(maps)
		        os.write(go[1], b"x")
		        os._exit(0)
		    assert libc.unshare(0x10000000) == 0
		    os.write(ready[1], b"x")
		    os.read(go[0], 1)

		def inside(maps, uid, gid, groups=()):
		    unshare(maps)
		    become(uid, gid, groups)

		MANY = [10000 + n for n in range(600)]
		IDENTITY = "0 0 4294967295"
		PART = "0 1000 1\n1 2000 1\n2 5000 1"
		CONTAINER = "0 100000 65536"
		WHO = [
		    ("root", lambda: become(0, 0)),
		    ("root without capabilities", lambda: become(0, 0, (), 0)),
		    ("1000", lambda: become(1000, 1000, [1000, 2000])),
		    ("1001", lambda: become(1001, 1001, [2000])),
		    ("1000 of 2000", lambda: become(1000, 2000)),
		    ("1002 of many groups", lambda: become(1002, 1002, MANY[:300] + [5000])),
		    ("1000 of many groups", lambda: become(1000, 1002, MANY + [20000])),
		    ("1000 with CAP_SYS_ADMIN", lambda: become(1000, 1000, (), 1 << 21)),
		    ("1000 with CAP_FSETID", lambda: become(1000, 1000, (), 1 << 4)),
		    ("1000 with CAP_FOWNER", lambda: become(1000, 1000, (), 1 << 3)),
		    ("root of a namespace of all ids", lambda: inside(IDENTITY, 0, 0)),
		    ("1000 of a namespace of all ids", lambda: inside(IDENTITY, 1000, 1000, [5000])),
		    ("1000 as root of a namespace", lambda: inside(PART, 0, 0)),
		    ("1000 as root of a namespace, of 2000", lambda: inside(PART, 0, 1, [2])),
		]

		if sys.argv[2] == "container":
		    WHO = [
		        ("its root", lambda: inside(CONTAINER, 0, 0)),
		        ("its root of another group", lambda: inside(CONTAINER, 0, 1000, MANY[:300] + [2000])),
		        ("its 1000", lambda: inside(CONTAINER, 1000, 1000, [1000, 2000])),
		        ("its 1001", lambda: inside(CONTAINER, 1001, 1001, [2000])),
		        ("its 1002 of many groups", lambda: inside(CONTAINER, 1002, 1002, MANY[:300] + [5000])),
		        ("the host's 1000", lambda: become(1000, 1000, [2000, 5000])),
		        ("the host's 101000", lambda: become(101000, 101000, [102000])),
		        ("the host's 1000 of a group of its", lambda: become(101000, 5, [102000])),
		        ("1000 as root of another namespace", lambda: inside(PART, 0, 0)),
		    ]

		def told(call, *arguments, **named):
		    try:
		        answer = call(*arguments, **named)
		    except OSError as error:
		        return errno.errorcode[error.errno]
		    return "ok" if answer is None else answer

		def looks(path):
		    st = os.lstat(path)
		    acl = told(os.getxattr, path, "system.posix_acl_access", follow_symlinks=False)
		    return f"{st.st_mode:o} {st.st_uid}:{st.st_gid} {acl if isinstance(acl, str) else acl.hex()}"

		def do_open(flags):
		    def run(path):
		        os.close(os.open(path, flags | os.O_NONBLOCK))
		    return run

		def append(path):
		    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)
		    try:
		        os.write(fd, b"more")
		    finally:
		        os.close(fd)

		def allocate(path):
		    fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
		    try:
		        os.posix_fallocate(fd, 0, 100)
		    finally:
		        os.close(fd)

		def create(path, mode=0o666):
		    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))

		def set_of(name, value, flags=0):
		    return lambda path: os.setxattr(path, name, value, flags, follow_symlinks=False)

		def names(path):
		    return " ".join(sorted(os.listxattr(path, follow_symlinks=False)))

		def value(name):
		    return lambda path: os.getxattr(path, name, follow_symlinks=False).hex()

		def remove(name):
		    return lambda path: os.removexattr(path, name, follow_symlinks=False)

		V2 = bytes.fromhex("0100000200200000000000000000000000000000")
		TRIALS = [
		    ("access", lambda path: [os.access(path, m, effective_ids=True) for m in (4, 2, 1)]),
		    ("read", do_open(os.O_RDONLY)),
		    ("names", names),
		    ("value", value("user.x")), ("capability", value("security.capability")),
		    ("trusted", value("trusted.x")),
		    ("chmod g+s", lambda path: os.chmod(path, 0o2664)), ("write", append),
		    ("chmod 6755", lambda path: os.chmod(path, 0o6755)), ("allocate", allocate),
		    ("chmod 2664", lambda path: os.chmod(path, 0o2664)), ("set acl", set_of("system.posix_acl_access", ACL)),
		    ("chmod 640", lambda path: os.chmod(path, 0o640)),
		    ("remove acl", remove("system.posix_acl_access")),
		    ("chmod 6664", lambda path: os.chmod(path, 0o6664)),
		    ("chown group", lambda path: os.chown(path, -1, os.getegid(), follow_symlinks=False)),
		    ("truncate", lambda path: os.truncate(path, 2)),
		    ("set value", set_of("user.x", b"2")), ("remove value", remove("user.x")),
		    ("set capability", set_of("security.capability", V2)),
		    ("capability", value("security.capability")),
		    ("remove capability", remove("security.capability")),
		    ("set trusted", set_of("trusted.y", b"2")), ("names", names),
		    ("chown user", lambda path: os.chown(path, 1, -1, follow_symlinks=False)),
		    ("times", lambda path: os.utime(path, (1, 1), follow_symlinks=False)),
		    ("now", lambda path: os.utime(path, follow_symlinks=False)),
		]
		LAST = [
		    ("create", lambda path: create(path + "/new")), ("mkdir", lambda path: os.mkdir(path + "/newdir")),
		    ("fifo", lambda path: os.mkfifo(path + "/pipe", 0o2777)), ("link", lambda path: os.symlink("x", path + "/link")),
		    ("hard link", lambda path: os.link(path + "/of-1000:1000", path + "/hard", follow_symlinks=False)),
		    ("rename", lambda path: os.rename(path + "/of-1001:2000", path + "/renamed")),
		    ("exchange", lambda path: os.rename(path + "/of-0:0", path + "/of-1000:1000")),
		    ("unlink", lambda path: os.unlink(path + "/of-0:0")), ("again", lambda path: create(path + "/of-0:0")),
		    ("rmdir", lambda path: os.rmdir(path + "/sub-0:0")), ("rmdir", lambda path: os.rmdir(path + "/sub-1000:1000")),
		]

		def attempt(path):
		    for name, trial in TRIALS:
		        print(path, "|", name, "|", told(trial, path), "|", looks(path))

		def everything():
		    os.umask(0o022)
		    paths = sorted(os.listdir("."))
		    folders = [path for path in paths if path.startswith("dir-")]
		    for path in folders:
		        for name, trial in LAST:
		            print(path, "|", name, "|", told(trial, path))
		        for name in told(lambda: sorted(os.listdir(path))):
		            print(path, "|", name, "|", told(looks, f"{path}/{name}"))
		    for path in paths:
		        attempt(path)

		for number, (name, identity) in enumerate(WHO):
		    print("----", name, flush=True)
		    child = os.fork()
		    if child == 0:
		        os.chdir(f"{sys.argv[1]}/{number}")
		        identity()
		        everything()
		        sys.stdout.flush()
		        os._exit(0)
		    assert os.waitpid(child, 0)[1] == 0
	END
}

scenario() {
	command -v python3 >/dev/null || skip 'no python3'
	mkdir lower/0
	(cd lower/0 && template)
	for who in $(seq 13); do
		cp -a lower/0 "lower/$who"
	done
	chmod 755 . lower lower/*
	for backend in kernel fuse; do
		mount_merged
		answers merged host >"$backend"
		umount_merged
		mv upper "upper-$backend"
		rm -rf work
		mkdir upper work
	done
	[ "$(grep -c ok fuse)" -gt 5000 ]
	[ "$(grep -c 'E[A-Z]* |' fuse)" -gt 5000 ]
	diff kernel fuse
	diff <(cd upper-kernel && find . -printf '%p %m %U:%G %y\n' | sort) \
		<(cd upper-fuse && find . -printf '%p %m %U:%G %y\n' | sort)
}
once_as root 'every answer about access is the kernel'"'"'s'

scenario() {
	command -v python3 >/dev/null || skip 'no python3'
	shale create base >/dev/null
	mkdir home/base/diff/0
	(cd home/base/diff/0 && template)
	for who in $(seq 8); do
		cp -a home/base/diff/0 "home/base/diff/$who"
	done
	chmod 755 . home/base/diff/*
	for backend in kernel fuse; do
		shale create --rw --parent base $backend >/dev/null
		answers "$(shale get --uidmap 0:100000:65536 $backend)" container >$backend
		shale put $backend
	done
	[ "$(grep -c ok fuse)" -gt 3000 ]
	[ "$(grep -c 'E[A-Z]* |' fuse)" -gt 3000 ]
	diff kernel fuse
	for backend in kernel fuse; do
		(cd home/$backend/diff && find . -printf '%p %m %U:%G %y\n' -type f -exec getfattr -dm - {} + |
			grep -v overlay; getfacl -Rnp .) >upper-$backend
	done
	diff upper-kernel upper-fuse
}
once_as root 'every answer to a container about access is the kernel'"'"'s'
