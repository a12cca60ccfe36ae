#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Permissions of files in the merged tree.
. "${0%/*}/lib.sh"

scenario() {
	mkdir -m 755 lower/home
	echo mine >lower/home/mine
	chmod 600 lower/home/mine
	chown -R 1000:1000 lower/home
	echo root >lower/root
	echo secret >lower/secret
	chmod 600 lower/secret
	mount_merged
	as_user sh -c 'echo more >>merged/home/mine'
	assert_eq "$(stat -c %u:%g:%a upper/home/mine upper/home | tr '\n' ' ')" '1000:1000:600 1000:1000:755 '
	as_user touch merged/home/new
	as_user mkdir merged/home/dir
	as_user ln -s x merged/home/link
	assert_eq "$(stat -c %u:%g merged/home/* | sort -u)" 1000:1000
	assert_eq "$(stat -c %u:%g upper/home/* | sort -u)" 1000:1000
	assert_fails 'Permission denied' as_user sh -c 'echo x >>merged/root'
	assert_fails 'Permission denied' as_user cat merged/secret
	assert_fails 'Permission denied' as_user touch merged/new
	assert_fails 'not permitted' as_user chmod 777 merged/root
	assert_fails 'Permission denied' as_user rm -f merged/root
	assert_fails 'Permission denied' as_user mv merged/root merged/gone
	assert_names upper home
}
on_each_backend 'a plain user changes its own files, as itself, and no others'

scenario() {
	mkdir -m 1777 lower/tmp
	echo hers >lower/tmp/hers
	chown 1001 lower/tmp/hers
	mount_merged
	assert_fails 'not permitted' as_user rm -f merged/tmp/hers
	assert_fails 'not permitted' as_user mv merged/tmp/hers merged/tmp/mine
	as_user touch merged/tmp/mine
	assert_fails 'not permitted' as_user mv merged/tmp/hers merged/tmp/mine
	rm merged/tmp/hers
	as_user touch merged/tmp/hers
	assert_eq "$(stat -c %u merged/tmp/hers)" 1000
	as_user rm merged/tmp/hers
}
on_each_backend 'a sticky directory protects the files of others'

scenario() {
	mkdir lower/shared
	chgrp 2000 lower/shared
	chmod 2777 lower/shared
	echo old >lower/shared/file
	chgrp 0 lower/shared/file
	mount_merged
	rm merged/shared/file
	as_user sh -c 'umask 022; echo new >merged/shared/file; mkdir merged/shared/dir'
	assert_eq "$(stat -c %u:%g:%a merged/shared/file)" 1000:2000:644
	assert_eq "$(stat -c %u:%g:%a merged/shared/dir)" 1000:2000:2755
	assert_eq "$(stat -c %u:%g:%a upper/shared/dir)" 1000:2000:2755
}
on_each_backend 'a file made over a whiteout in a set-group directory has the right owner and group'

scenario() {
	echo data >lower/setid
	echo data >lower/setid2
	chmod 6777 lower/setid lower/setid2
	mount_merged
	as_user sh -c 'echo more >>merged/setid'
	assert_eq "$(stat -c %a merged/setid upper/setid | tr '\n' ' ')" '777 777 '
	as_user truncate -s 1 merged/setid2
	assert_eq "$(stat -c %a merged/setid2)" 777
	echo data >merged/roots
	chmod 6777 merged/roots
	echo more >>merged/roots
	assert_eq "$(stat -c %a merged/roots)" 6777
}
on_each_backend 'a write by a plain user clears the set-id bits, one by root does not'

scenario() {
	mkdir lower/acl
	setfacl -m u:1000:rwx,d:u:1000:rwx,d:g:2000:rx lower/acl
	echo data >lower/acl/file
	setfacl -m u:1000:- lower/acl/file
	mount_merged
	as_user touch merged/acl/new
	as_user mkdir merged/acl/dir
	assert_fails 'Permission denied' as_user cat merged/acl/file
	assert_eq "$(getfacl -ncp merged/acl/dir)" "$(getfacl -ncp upper/acl/dir)"
	getfacl -ncp merged/acl/dir | grep -q '^default:user:1000:rwx'
	getfacl -ncp merged/acl/new | grep -q '^user:1000:rwx'
	setfacl -m u:1000:r merged/acl/file
	as_user cat merged/acl/file >/dev/null
	remount
	as_user cat merged/acl/file >/dev/null
}
on_each_backend 'access lists of lower layers and of upper count, and are inherited'

scenario() {
	echo data >lower/file
	chown 1000 lower/file
	chmod 000 lower/file
	mount_merged
	assert_fails 'Permission denied' as_user cat merged/file
	as_user chmod 400 merged/file
	assert_eq "$(as_user cat merged/file)" data
	as_user chmod 000 merged/file
	cat merged/file >/dev/null
	echo root >merged/file
	assert_eq "$(stat -c %a merged/file)" 0
}
on_each_backend 'mode 000 stops its owner, and not root'

scenario() {
	echo data >lower/one
	echo data >lower/two
	chown 1000:3000 lower/one lower/two
	chmod 2755 lower/one lower/two
	setfacl -m u:1001:r lower/two
	mount_merged
	as_user setfacl -b merged/two
	as_user setfattr -x system.posix_acl_access merged/one || :
	assert_eq "$(stat -c '%a %u %g' merged/one merged/two upper/one upper/two | sort -u)" '755 1000 3000'
	assert_eq "$(stat -c %a lower/one)" 2755
}
on_each_backend 'removing an access list clears the setgid bit of a foreign group'

# The root of a user namespace has no CAP_FSETID on the host.
scenario() {
	echo data >lower/file
	mount_merged
	chmod 6755 merged/file
	fallocate -l 100 merged/file
	if [ "$kind" = root ]; then
		assert_eq "$(stat -c %a merged/file)" 6755
	else
		assert_eq "$(stat -c %a merged/file)" 755
	fi
}
on_each_backend_as 'root userns' 'room for a file costs its set-id bits, but not if the host'"'"'s root asks for it'

scenario() {
	echo data >lower/file
	setfattr -n user.x -v 1 lower/file
	cp -a lower/file lower/other
	mkdir lower/dir
	setfattr -n user.x -v 1 lower/dir
	chmod 000 lower/file lower/other lower/dir
	mount_merged
	chmod 400 merged/file
	assert_content merged/file data
	assert_eq "$(xattr user.x merged/file)" 1
	chmod 700 merged/dir
	assert_eq "$(xattr user.x merged/dir)" 1
	touch -d @1000 merged/other
	assert_eq "$(stat -c %a merged/other upper/other lower/other lower/file lower/dir | tr '\n' ' ')" '0 0 0 0 0 '
	chmod 600 merged/other
	echo more >>merged/other
	assert_eq "$(tr '\n' ' ' <merged/other) $(xattr user.x merged/other)" 'data more  1'
	umount_merged
	mkdir lower/shut
	echo data >lower/shut/file
	chmod 555 lower/shut
	mount_merged
	chmod 755 merged/shut
	echo more >merged/shut/more
	rm -r merged/shut
	mkdir -m 555 merged/shut
	assert_names merged/shut ''
	assert_eq "$(stat -c %a merged/shut upper/shut | tr '\n' ' ')" '555 555 '
}
on_each_backend_as 'root plain userns' 'a file whose mode forbids reading is copied up for its owner'

# A mapping's pages are written when the mapping ends. That keeps setuid, unless a chown clears it while
# the write is under way.
scenario() {
	local tracer=
	command -v strace >/dev/null || skip 'no strace'
	mount_merged
	truncate -s 4096 merged/program
	chmod 4755 merged/program
	if [ "$backend" = fuse ]; then
		local daemon
		daemon=$(server_of "$(daemons | awk '{ print $1 }')")
		strace -f -qq -o /dev/null -e trace=pwrite64 -e inject=pwrite64:delay_exit=1000000 \
			-p "$daemon" &
		tracer=$!
		until grep -q '^TracerPid:[[:space:]]*[1-9]' "/proc/$daemon/status"; do
			sleep 0.1
		done
	fi
	python3 -c 'if True:
		import mmap, os
		with mmap.mmap(os.open("merged/program", os.O_RDWR), 4096) as memory:
		    memory[0] = 1' &
	writer=$!
	sleep 0.5
	chown 1000 merged/program
	wait $writer
	[ -z "$tracer" ] || kill $tracer
	assert_eq "$(stat -c %u:%a merged/program upper/program | sort -u)" 1000:755
}
on_each_backend 'no write restores a setuid bit that a chown has cleared'
