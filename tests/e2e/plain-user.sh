#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A plain user, on layers whose modes refuse it: the trees of go mod download, git and nix. The kernel
# does its own work there with the rights of a user namespace, shale-fuse without any.
. "${0%/*}/lib.sh"

modes() { # FILE...
	stat -c %a "$@" | tr '\n' ' ' | sed 's/ $//'
}

read_only_tree() {
	mkdir -p lower/mod/sub lower/other lower/empty
	echo a >lower/mod/a
	echo b >lower/mod/b
	echo c >lower/mod/sub/c
	mkfifo lower/mod/pipe
	ln -s a lower/mod/link
	setfattr -n user.kept -v yes lower/mod/a
	setfattr -n user.kept -v yes lower/mod/sub
	chmod 444 lower/mod/a lower/mod/b lower/mod/pipe lower/mod/sub/c
	chmod 555 lower/mod/sub lower/mod lower/empty
}

scenario() {
	local i
	for i in 1 2 3 4 5 6; do
		echo $i >lower/$i
		setfattr -n user.kept -v yes lower/$i
	done
	chmod 444 lower/?
	mount_merged
	chmod 600 merged/1
	mv merged/2 merged/two
	ln merged/3 merged/three
	touch -d @1000000000 merged/4
	chown "$(id -u)" merged/5
	echo new >merged/new
	mv -f merged/new merged/6
	chmod 444 merged/1
	touch merged/1
	assert_eq "$(modes merged/1 merged/two merged/3 merged/three merged/4 merged/5 upper/1 upper/two upper/4)" \
		'444 444 444 444 444 444 444 444 444'
	assert_eq "$(xattr user.kept merged/1; xattr user.kept upper/two; xattr user.kept upper/4)" yesyesyes
	assert_content merged/6 new
	assert_fails 'Permission denied' setfattr -n user.more -v no merged/4
	assert_fails 'Permission denied' sh -c 'echo x >merged/4'
	remount
	assert_eq "$(modes merged/two merged/4) $(cat merged/two merged/three | tr -d '\n')" '444 444 23'
}
on_each_backend_as plain 'files of mode 0444 are changed, moved, linked and replaced'

scenario() {
	read_only_tree
	mount_merged
	touch merged/mod/b
	chmod 644 merged/mod/b
	echo more >>merged/mod/b
	touch merged/mod/sub/c
	chmod 600 merged/mod/pipe
	touch -h -d @1000000000 merged/mod/link
	chown -h "$(id -u)" merged/mod/link
	touch merged/mod
	chown "$(id -u)" merged/mod/sub
	chmod 755 merged/empty
	chmod 555 merged/empty
	assert_eq "$(modes merged/mod merged/mod/sub merged/empty upper/mod upper/mod/sub upper/empty)" '555 555 555 555 555 555'
	assert_eq "$(modes lower/mod lower/mod/sub lower/mod/a)" '555 555 444'
	assert_fails 'Permission denied' touch merged/mod/new
	assert_fails 'Permission denied' rm -f merged/mod/a
	assert_fails 'Permission denied' mv merged/mod/a merged/mod/z
	assert_names upper/mod 'b link pipe sub'
	assert_eq "$(xattr user.kept upper/mod/sub)" yes
	chmod -R u+w merged/mod
	rm -r merged/mod
	assert_whiteout upper/mod
}
on_each_backend_as plain 'files in directories of mode 0555 are copied up, and the directories keep their mode'

scenario() {
	mkdir -p lower/w/x
	mount_merged
	local mode
	for mode in 555 0 300; do
		rm -rf merged/w
		mkdir -m $mode merged/w
		assert_eq "$(modes merged/w upper/w)" "$mode $mode"
		chmod 700 merged/w
		assert_opaque upper/w
		assert_names merged/w ''
		chmod $mode merged/w
		rmdir merged/w
		assert_whiteout upper/w
	done
}
on_each_backend_as plain 'a directory without the right to write takes the place of a whiteout'

scenario() {
	mkdir -p lower/d lower/e/f
	touch lower/d/a lower/e/f/a
	echo old >lower/e/a
	mount_merged
	exec 3<>merged/e/a 4<>merged/e/f/a
	# Uses descriptors: paths that begin at the shell's working directory.
	(
		cd merged/d
		chmod 300 .
		python3 - <<-'EOF'
			import os
			d = os.open("../e", os.O_RDONLY)
			f = os.open("../e/f", os.O_RDONLY)
			here = os.open(".", os.O_PATH)
			os.chmod("../e", 0)
			assert sorted(os.listdir(d)) == ["a", "f"], os.listdir(d)
			assert os.listdir(f) == ["a"]
			os.close(os.open("new", os.O_CREAT | os.O_WRONLY, 0o600, dir_fd=f))
			assert sorted(os.listdir(f)) == ["a", "new"]
		EOF
	)
	echo new >&3
	echo deep >&4
	chmod 0 /proc/self/fd/3
	sleep 1.5 # the daemon has closed what it kept open
	echo more >&3
	exec 3>&- 4>&-
	assert_eq "$(modes merged/e merged/d)" '0 300'
	chmod 755 merged/e merged/d
	chmod 600 merged/e/a
	assert_eq "$(cat merged/e/a merged/e/f/a | tr '\n' ' ')" 'new more deep '
	assert_eq "$(modes upper/e upper/e/a upper/d)" '755 600 755'
}
on_each_backend_as plain 'descriptors work after their directories and files have lost all rights'

scenario() {
	mkdir -p lower/x lower/y/k lower/z lower/w
	touch lower/w/1
	mount_merged
	mkdir -m 555 merged/a merged/b
	mkdir merged/x/c
	chmod 555 merged/x/c
	mv -T merged/a merged/a2
	rmdir merged/z
	mv -T merged/b merged/z
	assert_eq "$(modes upper/a2 upper/z)" '555 555'
	assert_opaque upper/z
	rm merged/w/1
	chmod 555 merged/w
	rmdir merged/w
	assert_whiteout upper/w
	assert_fails 'Permission denied' mv merged/a2 merged/x/
	# Exchanges two names in one directory, although neither directory may be written to.
	mkdir -m 555 merged/one merged/two
	assert_op merged 'rename path=one path2=two flags=0x2' ok
	assert_eq "$(modes upper/one upper/two)" '555 555'
}
on_each_backend_as plain 'directories of mode 0555 are renamed and removed where the kernel does it'

scenario() {
	mkdir lower/r lower/x lower/z
	touch lower/r/1 lower/x/1 lower/z/1
	setfattr -n user.kept -v yes lower/z/1
	chmod 0 lower/z/1
	chmod 444 lower/r
	chmod 111 lower/x
	chmod 0 lower/z
	mount_merged
	assert_names merged/r 1
	cat merged/x/1
	touch merged/x/1
	chmod 700 merged/z
	assert_names merged/z 1
	chmod 600 merged/z/1
	assert_eq "$(xattr user.kept merged/z/1)" yes
	chmod 755 merged/r
	rm merged/r/1 merged/z/1
	assert_eq "$(modes lower/r lower/x lower/z)" '444 111 0'
	assert_eq "$(modes merged/r merged/x merged/z)" '755 111 700'
}
on_each_backend_as plain 'lower directories that their modes hide are listed as in the kernel'

# An ACL, and one that is inherited, may take the owner's rights before all attributes are set.
scenario() {
	mkdir -p lower/d/x
	setfattr -n system.posix_acl_default \
		-v 0x0200000001000400ffffffff04000300ffffffff10000600ffffffff20000400ffffffff lower/d
	echo old >lower/d/file
	chmod 0 lower/d/file
	mkdir lower/l
	touch lower/l/file
	setfacl -m u::r-x,g::---,u:$(id -u):rwx,m::---,o::--- lower/l
	mount_merged
	touch -d @1000000000 merged/l/file
	assert_eq "$(getfacl -cpn upper/l)" "$(getfacl -cpn lower/l)"
	touch -d @1000000000 merged/d/file
	assert_eq "$(modes merged/d/file upper/d/file)" '0 0'
	rmdir merged/d/x
	mkdir merged/d/x
	assert_opaque upper/d/x
	mkdir merged/d/y
	chmod 500 merged/d/y
	assert_op merged 'setflags path=d/y' 'ok ok ok 0'
	remount
	chmod 600 merged/d/file
	assert_content merged/d/file old
	assert_eq "$(modes merged/d/x merged/d/y upper/d/x)" "$(modes merged/d/x) 500 $(modes merged/d/x)"
	assert_eq "$(getfacl -cp merged/d/x | head -n 1)" user::r--
}
on_each_backend_as plain 'access lists that take away the owner'\''s rights are copied and inherited'

only_backend=fuse
scenario() {
	mkdir -p work/work/left/deep/deeper
	touch work/work/left/deep/deeper/file
	chmod 555 work/work/left/deep/deeper work/work/left/deep work/work/left
	mount_merged
	umount_merged
	assert_eq "$(find work -name file)" ''
}
on_each_backend_as plain 'a mount removes the leftovers of a crash from the work directory, with any mode'
