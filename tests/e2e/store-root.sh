#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The root directory of a layer: mode, owner, xattrs and times of it are kept and compared like
# those of any other directory.
. "${0%/*}/lib.sh"

root_of() { # DIR
	stat -c '%a %u:%g' "$1"
	getfattr --absolute-names -m '^user\.|^trusted\.t' -d "$1" | sed '/^#/d; /^$/d'
}

# Prints the root's metadata in a mount of ID.
shown_root() { # ID
	local dir
	dir=$(shale get "$1")
	root_of "$dir"
	shale put "$1"
}

scenario() {
	mkdir t && echo x >t/file
	chmod 0700 t && chown 7:8 t && setfattr -n user.a -v b t && touch -d @1000000000 t
	tar -C t --xattrs --numeric-owner -cf base.tar .
	shale create base >/dev/null
	shale apply base base.tar >/dev/null
	shale create --rw --parent base work >/dev/null
	wanted=$(printf '700 7:8\nuser.a="b"')
	assert_eq "$(shown_root base)" "$wanted"
	assert_eq "$(shown_root work)" "$wanted" 'a new root begins as its parent has it'
	assert_eq "$(stat -c %Y "$(shale get work)")" 1000000000 'its time, too'
	shale put work
	assert_eq "$(shale changes work)$(shale diff work | tar -t)" ''
	dir=$(shale get work)
	echo new >"$dir/new"
	shale put work
	assert_eq "$(shale changes work)" 'A /new' 'a name in the root does not change it'
	assert_eq "$(shale diff work | tar -t)" new
	dir=$(shale get work)
	chmod 0711 "$dir"
	chown 5:6 "$dir"
	setfattr -n user.c -v d "$dir"
	setfattr -x user.a "$dir"
	touch -d @1100000000 "$dir"
	shale put work
	wanted=$(printf '711 5:6\nuser.c="d"')
	assert_eq "$(shown_root work)" "$wanted"
	assert_eq "$(shale changes work)" "$(printf 'C /\nA /new')"
	assert_eq "$(shale diff work | tar --numeric-owner --full-time -tv | head -n 1 | tr -s ' ')" \
		'drwx--x--x 5/6 0 2004-11-09 11:33:20 ./'
	shale commit work done >/dev/null
	assert_eq "$(shown_root done)" "$wanted"
	assert_eq "$(stat -c %Y "$(shale get done)")" 1100000000
	shale put done
	shale diff done >again.tar
	shale diff work | cmp - again.tar
	shale create --rw --parent done next >/dev/null
	assert_eq "$(shown_root next)" "$wanted" 'of two layers the topmost counts'
	shale check
}
on_each_backend_as 'root userns' 'mode, owner, xattrs and time of the root go all the way'

# Make one kind of change at a time.
scenario() {
	local change dir
	shale create base >/dev/null
	(cd / && tar -cf - --files-from /dev/null) | shale apply base >/dev/null
	for change in 'chmod 1777' 'chown 3' 'chgrp 4' 'setfattr -n user.x -v y' \
		'setfacl -m u:9:rwx' 'setfacl -d -m u:9:rwx'; do
		shale create --rw --parent base work >/dev/null
		dir=$(shale get work)
		$change "$dir"
		shale put work
		assert_eq "$change: $(shale changes work) $(shale diff work | tar -t)" "$change: C / ./"
		shale commit work done >/dev/null
		for id in work done; do
			dir=$(shale get $id)
			getfacl -n -p "$dir" | tail -n +2 >"acl.$id"
			shale put $id
		done
		cmp acl.work acl.done
		assert_eq "$(shown_root done)" "$(shown_root work)" "$change"
		shale rm done work
	done
}
on_each_backend_as 'root userns' 'each kind of change of the root is found'

scenario() {
	mkdir -p t/etc && touch -d @1000000000 t/etc
	tar -C t -cf names.tar etc
	shale create base >/dev/null
	shale apply base names.tar >/dev/null
	assert_eq "$(stat -c '%a %u:%g %Y' home/base/diff)" '755 0:0 0' 'a root of which nothing is said'
	mkdir r && chmod 2750 r && setfacl -d -m u:9:rwx r && setfattr -n user.a -v b r
	tar -C r --acls --xattrs -cf root.tar .
	shale create --parent base second >/dev/null
	shale apply second root.tar >/dev/null
	shale create --parent second third >/dev/null
	shale apply third names.tar >/dev/null
	for id in second third; do
		assert_eq "$(shown_root $id)" "$(printf '2750 0:0\nuser.a="b"')"
		getfacl -n -p "home/$id/diff" | grep -qx 'default:user:9:rwx'
	done
	getfacl -n -p home/third/diff/etc | refute grep default
	assert_eq "$(stat -c %Y home/third/diff)" "$(stat -c %Y home/second/diff)"
	(cd r && chmod 00700 . && setfattr -x user.a . && setfacl -b .)
	tar -C r --acls --xattrs -cf root.tar .
	shale create --parent second fourth >/dev/null
	shale apply fourth root.tar >/dev/null
	assert_eq "$(shown_root fourth)" '700 0:0' 'an entry for the root says all of it'
	getfacl -n -p home/fourth/diff | refute grep default
}
on_each_backend_as 'root userns' 'a layer whose tar has no root entry leaves the root unchanged'

# GNU tar writes the names of users into its own form of a list, and numbers into the kernel's.
scenario() {
	mkdir -p t/dir && setfacl -d -m u:news:rwx,g::x t/dir
	tar -C t --acls --xattrs -cf both.tar dir
	tar -C t --acls -cf names.tar dir
	shale create base >/dev/null
	shale apply base both.tar >/dev/null
	getfacl -n -p t/dir | tail -n +2 >wanted
	getfacl -n -p home/base/diff/dir | tail -n +2 | cmp - wanted
	shale apply base names.tar >/dev/null
	getfacl -n -p home/base/diff/dir | tail -n +2 >seen
	grep -v 'default:user:9:' wanted | cmp - seen
}
once_as root 'access lists that name users'
