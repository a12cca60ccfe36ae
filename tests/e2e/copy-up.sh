#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The first change to a lower file copies all of it to upper.
. "${0%/*}/lib.sh"

scenario() {
	mkdir -p lower/a/b
	printf 'line 1\n' >lower/a/b/file
	chmod 2750 lower/a
	chmod 1711 lower/a/b
	chmod 640 lower/a/b/file
	touch -d @1000000001.5 lower/a/b/file lower/a/b lower/a
	mount_merged
	echo 'line 2' >>merged/a/b/file
	assert_content merged/a/b/file "$(printf 'line 1\nline 2')"
	assert_content upper/a/b/file "$(printf 'line 1\nline 2')"
	assert_content lower/a/b/file 'line 1'
	assert_eq "$(stat -c %a upper/a upper/a/b upper/a/b/file | tr '\n' ' ')" '2750 1711 640 '
	assert_eq "$(mtime merged/a)" 1000000001.500000000 'mtime of the grandparent'
	assert_eq "$(mtime merged/a/b)" 1000000001.500000000 'mtime of the parent'
	remount
	assert_content merged/a/b/file "$(printf 'line 1\nline 2')"
	assert_eq "$(mtime merged/a/b)" 1000000001.500000000 'mtime of the parent, mounted again'
}
on_each_backend_as 'root plain userns' 'writing copies the file and its parents up, with modes and times'

scenario() {
	echo data >lower/file
	setfattr -n user.note -v kept lower/file
	setfattr -n user.empty lower/file
	touch -d @1000000002.25 lower/file
	mount_merged
	chmod 600 merged/file
	assert_eq "$(stat -c %a upper/file)" 600
	assert_eq "$(mtime upper/file)" 1000000002.250000000 'mtime in upper'
	assert_content upper/file data
	assert_eq "$(xattr user.note upper/file)" kept
	assert_eq "$(getfattr -h -d -m user.note --absolute-names merged/file | grep -c kept)" 1
	assert_eq "$(getfattr -m user.empty merged/file | grep -c user.empty)" 1
}
on_each_backend_as 'root plain userns' 'a change of mode copies data, times and user xattrs too'

scenario() {
	local what
	echo data >lower/file
	chown 1000:2000 lower/file
	setcap cap_net_raw=ep lower/file
	setfacl -m u:1001:rw,g:2000:r lower/file
	setfattr -n trusted.note -v kept lower/file
	mkdir lower/dir
	setfacl -m d:u:1001:rwx,u:1001:rx lower/dir
	chown 1000:2000 lower/dir
	what=$(getcap -n lower/file | sed 's/.* //' && getfacl -np lower/file lower/dir)
	mount_merged
	touch -a merged/file
	touch merged/dir
	[ -e upper/file ]
	assert_eq "$(getcap -n upper/file | sed 's/.* //' && getfacl -np lower/file lower/dir)" "$what"
	assert_eq "$(getfacl -ncp upper/file)" "$(getfacl -ncp lower/file)"
	assert_eq "$(getfacl -ncp upper/dir)" "$(getfacl -ncp lower/dir)"
	assert_eq "$(getfacl -ncp merged/dir)" "$(getfacl -ncp lower/dir)"
	assert_eq "$(xattr trusted.note upper/file)" kept
	assert_eq "$(stat -c %u:%g upper/file upper/dir | tr '\n' ' ')" '1000:2000 1000:2000 '
}
on_each_backend 'copy-up keeps owners, capabilities, access lists and trusted xattrs'

scenario() {
	echo data >lower/file
	chown 1000:1000 lower/file
	setcap cap_net_raw=ep lower/file
	chmod 6755 lower/file
	mount_merged
	chown 1001 merged/file
	assert_eq "$(stat -c %u:%a upper/file)" 1001:755 'owner and mode'
	assert_eq "$(getcap merged/file)" '' 'capabilities'
}
on_each_backend 'a change of owner takes set-id bits and capabilities away'

scenario() {
	printf start >lower/holes
	truncate -s 8M lower/holes
	printf end >>lower/holes
	mount_merged
	chmod 600 merged/holes
	cmp lower/holes upper/holes
	# The kernel looks for holes one MiB at a time, so the copy may be a little larger.
	[ "$(stat -c %b upper/holes)" -le 2100 ]
}
on_each_backend_as 'root plain userns' 'copy-up keeps holes'

scenario() {
	head -c 3000000 /dev/urandom >lower/big
	cp lower/big copy
	mount_merged
	printf x >>merged/big
	printf x >>copy
	cmp copy merged/big
	cmp copy upper/big
}
on_each_backend_as 'root plain userns' 'a big file is copied whole'

scenario() {
	ln -s target lower/link
	touch -h -d @1000000003 lower/link
	mkfifo lower/fifo
	mkdir lower/dir
	touch -d @1000000003 lower/dir
	mount_merged
	touch -h -d @1000000004 merged/link
	assert_eq "$(readlink upper/link)" target
	assert_eq "$(mtime upper/link | cut -d. -f1)" 1000000004
	chmod 640 merged/fifo
	assert_eq "$(stat -c '%F %a' upper/fifo)" 'fifo 640'
	chmod 700 merged/dir
	assert_eq "$(stat -c '%F %a' upper/dir)" 'directory 700'
	assert_eq "$(mtime merged/dir)" 1000000003.000000000 'mtime of the directory'
}
on_each_backend_as 'root plain userns' 'links, fifos and directories are copied up as what they are'

scenario() {
	mknod lower/null c 1 3
	mknod lower/block b 250 1
	mount_merged
	chown 1000 merged/null merged/block
	assert_eq "$(stat -c '%F %t,%T %u' upper/null)" 'character special file 1,3 1000'
	assert_eq "$(stat -c '%F %t,%T %u' upper/block)" 'block special file fa,1 1000'
	rm merged/null merged/block
	assert_whiteout upper/null
	assert_whiteout upper/block
}
on_each_backend 'devices are copied up, and deleted'

scenario() {
	echo data >lower/file
	mount_merged
	cat merged/file >/dev/null
	ls -l merged >/dev/null
	getfattr -d merged/file
	stat merged/file >/dev/null
	assert_names upper ''

}
on_each_backend_as 'root plain userns' 'reading copies nothing up'

scenario() {
	mkdir -m 700 lower/secret lower/secret/sub
	echo data >lower/secret/file
	setfacl -d -m u:1000:rwx work
	setfacl -m u:1000:rwx work
	mount_merged
	touch merged/secret/sub merged/secret/file
	rm -r merged/secret/sub
	mkdir merged/secret/sub
	assert_eq "$(getfacl -R -ncp upper | grep -c 1000 || :)" 0 'entries of the access list of work'
	assert_eq "$(stat -c %a upper/secret merged/secret | tr '\n' ' ')" '700 700 '
}
on_each_backend_as 'root user userns' 'a default access list of the work directory reaches no copy'
