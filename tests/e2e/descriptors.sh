#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Limits on open files: the daemon divides its descriptors, and no client can use up all of them.
. "${0%/*}/lib.sh"

only_fuse() {
	only_backend=fuse on_each_backend_as "$@"
}

fill_lower() {
	local dir file
	for dir in $(seq 30); do
		mkdir lower/d$dir
		for file in $(seq 20); do
			echo "$dir $file" >lower/d$dir/$file
		done
	done
}

# Does some work in the mount, as a second process beside the first.
work() { # DIR
	mkdir "$1"
	tar -C lower -cf - . | tar -C "$1" -xf -
	diff -r lower "$1"
	cat "$1"/*/* merged/d*/* >/dev/null
	head -c 3000000 /dev/zero | dd of="$1/sequential" bs=64k status=none
	mv "$1/d1" "$1/moved"
	chmod 700 "$1/d2"
	echo more >>"$1/d3/3"
	rm -r "$1"
}

# Opens COUNT files and removes them, makes the file "ready", and reads the open files when "go" exists.
hog() { # COUNT HOW
	python3 - "$@" <<-'END'
		import os, resource, sys, time
		count, how = int(sys.argv[1]), sys.argv[2]
		resource.setrlimit(resource.RLIMIT_NOFILE, (count + 50, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
		files = []
		for i in range(count):
		    name = 'merged/hog%d' % i
		    if how == 'nameless':
		        files.append(os.open('merged', os.O_RDWR | os.O_TMPFILE, 0o600))
		        continue
		    if how == 'directories':
		        os.mkdir(name)
		        files.append(os.open(name, os.O_RDONLY))
		        os.rmdir(name)
		        continue
		    files.append(os.open(name, os.O_RDWR | os.O_CREAT, 0o600))
		    if how == 'replaced':
		        os.close(os.open('merged/other', os.O_RDWR | os.O_CREAT))
		        os.rename('merged/other', name)
		        assert os.stat(name).st_size == 0
		    os.unlink(name)
		open('ready', 'w').close()
		while not os.path.exists('go'):
		    time.sleep(0.1)
		for i, file in enumerate(files):
		    if how == 'directories':
		        continue
		    os.write(file, b'data %d' % i)
		    os.fchmod(file, 0o640)
		for i, file in enumerate(files):
		    if how == 'directories':
		        continue
		    assert os.pread(file, 100, 0) == b'data %d' % i
		    stat = os.fstat(file)
		    assert stat.st_nlink == 0 and stat.st_mode & 0o777 == 0o640, stat
		if how == 'nameless':
		    root = os.open('/', os.O_RDONLY)
		    for i in 0, count - 1:
		        os.link('proc/self/fd/%d' % files[i], 'merged/named%d' % i, src_dir_fd=root)
		        assert os.stat('merged/named%d' % i).st_nlink == 1
	END
}

scenario() {
	local how pid
	fill_lower
	(ulimit -n 64 && mount_merged)
	work merged/first
	for how in removed replaced nameless directories; do
		rm -f ready go
		hog 300 $how &
		pid=$!
		while [ ! -e ready ]; do
			kill -0 $pid
			sleep 0.1
		done
		work merged/meanwhile
		: >go
		wait $pid
	done
	rm -f merged/named*
	sync
	umount_merged
	assert_names upper ''
	assert_names work/work ''
}
only_fuse 'root user userns' 'with 64 descriptors all work, while somebody uses 300 files that have no name'

scenario() {
	local i pids=()
	fill_lower
	(ulimit -n 64 && mount_merged)
	for i in 1 2 3 4 5 6 7 8; do
		work merged/w$i &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
}
only_fuse 'root' 'with 64 descriptors eight work at once'

scenario() {
	mount_merged
	(ulimit -n 1000 && remount)
	hog 3000 removed &
	while [ ! -e ready ]; do sleep 0.1; done
	echo data >merged/file
	kill -TERM "$(daemons | awk '{ print $1 }')"
	no_daemon
	: >go
	wait || true
	assert_names work/work ''
}
only_fuse 'root' 'nothing of files that have no name is left when the daemon ends'
