#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# chattr and lsattr: flags of files, and the operations that immutable and append-only files refuse.
. "${0%/*}/lib.sh"

flags() { # PATH...: prints the letters of lsattr that the tests set
	lsattr -d "$@" | sed 's/ .*//; s/[^aiAd]//g' | tr '\n' ' '
}

refused() { # COMMAND...
	assert_fails 'Operation not permitted' "$@"
}

scenario() {
	echo old >lower/file
	mkdir lower/dir
	chattr +d lower/file
	mount_merged
	assert_eq "$(flags merged/file)" 'd '
	assert_absent upper/file
	chattr +A merged/file merged/dir
	echo new >merged/new
	chattr +A merged/new
	assert_eq "$(flags merged/file merged/dir merged/new)" 'dA A A '
	assert_eq "$(flags upper/file upper/dir upper/new)" 'dA A A '
	remount
	assert_eq "$(flags merged/file merged/dir merged/new)" 'dA A A '
	assert_content merged/file old
}
on_each_backend_as 'root user userns' 'flags are set on the upper file'

scenario() {
	echo old >lower/file
	mkdir lower/dir
	chattr +A lower/file lower/dir
	mount_merged
	echo more >>merged/file
	chmod 700 merged/dir
	assert_eq "$(flags merged/file merged/dir upper/file upper/dir)" 'A A A A '
}
on_each_backend_as 'root user userns' 'noatime is copied up'

scenario() {
	local who
	mkdir lower/dir
	chmod 777 lower/dir
	mount_merged redirect_dir=on
	chattr +dA merged/dir
	for who in '' 'setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all'; do
		$who touch merged/dir/file
		$who mkdir merged/dir/new
		assert_eq "$(flags merged/dir/file merged/dir/new upper/dir/new)" 'dA dA dA '
		rm -r merged/dir/file merged/dir/new
		$who mkdir merged/dir/other
		rm -r merged/dir/other
	done
	chattr -dA merged/dir
	setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all mkdir merged/dir/new
	assert_eq "$(flags merged/dir/new)" ' '
}
on_each_backend "new files inherit their directory's flags, for every user"

scenario() {
	echo old >lower/file
	mkdir lower/dir
	echo old >lower/dir/file
	mount_merged
	chattr +i merged/file merged/dir
	[ "$(getfattr --only-values -n $overlay_xattr.protattr upper/file)" = i ]
	assert_eq "$(flags merged/file upper/file)" 'i  '
	for round in 1 2 3; do
		refused chmod 600 merged/file
		refused chown 1 merged/file
		refused touch merged/file
		refused truncate -s 0 merged/file
		refused dd if=/dev/zero of=merged/file bs=1 count=1 conv=notrunc
		refused fallocate -l 100 merged/file
		refused setfattr -n user.x -v y merged/file
		refused mv merged/file merged/other
		refused ln merged/file merged/other
		refused rm -f merged/file
		refused mkdir merged/dir/new
		refused rm merged/dir/file
		refused mv merged/dir/file merged/out
		refused mv -T merged/dir merged/other
		refused ln -s x merged/dir/link
		assert_content merged/file old
		echo changed >merged/dir/file # this file has no flag of its own
		assert_absent merged/other merged/dir/new
		if [ $round = 1 ]; then remount; else swap_backend; fi
	done
	chattr -i merged/file merged/dir
	[ "$(getfattr -d -m protattr upper/file)" = '' ]
	mv merged/file merged/dir/
}
on_each_backend 'an immutable file is not changed, whichever backend has made it so'

scenario() {
	echo old >lower/file
	mkdir lower/dir
	mount_merged
	chattr +a merged/file merged/dir
	[ "$(getfattr --only-values -n $overlay_xattr.protattr upper/file)" = a ]
	echo more >>merged/file
	touch merged/file
	refused touch -d @1 merged/file
	refused chmod 600 merged/file
	refused truncate -s 0 merged/file
	refused dd if=/dev/zero of=merged/file bs=1 count=1 conv=notrunc
	refused mv merged/file merged/other
	refused rm -f merged/file
	echo new >merged/dir/file
	refused rm merged/dir/file
	refused mv merged/dir/file merged/out
	assert_content merged/file "$(printf 'old\nmore')"
}
on_each_backend 'an append-only file can only grow'

scenario() {
	echo old >lower/file
	mkdir lower/dir
	chattr +i lower/file lower/dir
	mount_merged
	refused rm -f merged/file
	refused touch merged/dir/new
	refused dd if=/dev/zero of=merged/file bs=1 count=1 conv=notrunc
	assert_absent upper/file upper/dir
	chattr -i merged/file merged/dir
	chattr -i lower/file lower/dir
	rm merged/file
	touch merged/dir/new
}
on_each_backend 'a lower file keeps its immutable flag in the mount'

scenario() {
	echo old >lower/file
	mount_merged
	assert_fails 'Operation not permitted' chattr +i merged/file
	assert_absent upper/file
	mkfifo merged/fifo
	assert_fails 'Operation not supported' lsattr merged/fifo
}
on_each_backend_as 'user userns' 'only root of the host makes files immutable, only files and directories have flags'
