#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Fifos, sockets, devices.
. "${0%/*}/lib.sh"

scenario() {
	mkfifo lower/fifo
	mount_merged
	# None of these calls may open the fifo, because no process has its other end open.
	timeout 20 chmod 640 merged/fifo
	timeout 20 touch merged/fifo
	timeout 20 ln merged/fifo merged/second
	timeout 20 mv merged/second merged/third
	timeout 20 getfattr -d -m - merged/fifo
	timeout 20 ls -l merged
	timeout 20 rm merged/third
	timeout 20 cat merged/fifo >got &
	echo through >merged/fifo
	wait
	assert_content got through
	remount
	assert_eq "$(stat -c '%F %a' merged/fifo)" 'fifo 640'
}
on_each_backend_as 'root plain userns' 'no operation on a fifo blocks, and it carries data'

scenario() {
	mount_merged
	perl -MSocket -e '
		socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un("merged/sock")) or die "bind: $!";
		listen(S, 1); if (!fork) { socket(C, AF_UNIX, SOCK_STREAM, 0);
			connect(C, sockaddr_un("merged/sock")) or die "connect: $!"; syswrite(C, "hello"); exit }
		accept(A, S); sysread(A, $x, 5); print $x; wait' >got
	assert_content got hello
	assert_eq "$(stat -c %F upper/sock)" socket
	chmod 600 merged/sock
	mv merged/sock merged/sock2
	remount
	assert_eq "$(stat -c '%F %a' merged/sock2)" 'socket 600'
	rm merged/sock2
	assert_names upper ''
}
on_each_backend_as 'root plain userns' 'a socket is bound, connected to, renamed, deleted'

scenario() {
	mount_merged
	(umask 027 && mknod merged/null c 1 3 && mkfifo merged/fifo && mkdir merged/dir && : >merged/file)
	assert_eq "$(stat -c '%n %a' merged/*)" "$(printf '%s\n' 'merged/dir 750' 'merged/fifo 640' \
		'merged/file 640' 'merged/null 640')"
	echo lost >merged/null
	assert_content merged/null ''
	assert_eq "$(stat -c '%F %t,%T' upper/null)" 'character special file 1,3'
	rm merged/null
	assert_absent merged/null upper/null
}
on_each_backend 'devices are made, used and deleted; the umask counts once'

scenario() {
	mount_merged
	assert_fails 'Operation not permitted' mknod merged/null c 1 3
	assert_fails 'Operation not permitted' mknod merged/disk b 8 0
	assert_names merged ''
}
on_each_backend_as 'user userns' 'a user who may not make devices cannot make them through the mount'
