#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A layer keeps everything that each tar dialect can express. A tree becomes a stream, the stream a
# layer, and GNU tar unpacks the layer's diff: the result must be the tree again.
. "${0%/*}/lib.sh"

# Makes a tree that every dialect can hold.
plain_tree() { # DIR
	mkdir -p "$1/etc/sub" "$1/usr/empty"
	echo one >"$1/etc/one"
	head -c 70000 /dev/urandom >"$1/etc/sub/random"
	: >"$1/etc/nothing"
	ln "$1/etc/one" "$1/usr/before" # the link's first name comes after this one, or before it
	ln "$1/etc/one" "$1/etc/zz-after"
	ln -s ../etc/one "$1/usr/link"
	ln -s /nowhere "$1/usr/dangling"
	echo x >"$1/etc/with space"
	chown -h 12:34 "$1/etc/one" "$1/usr/link" "$1/usr/empty"
	chmod 4755 "$1/etc/one"
	chmod 1777 "$1/usr/empty"
	chmod 000 "$1/etc/nothing"
	find "$1" -exec touch -h -d @1000000000 {} +
}

# Adds what only the newer dialects can express.
rich_tree() { # DIR
	local long
	plain_tree "$1"
	long=$(printf 'n%.0s' {1..200})
	mkdir -p "$1/$long/$long"
	echo deep >"$1/$long/$long/$long"
	ln -s "$long/$long/$long" "$1/long-link"
	ln "$1/$long/$long/$long" "$1/$long/hard"
	printf 'a\nb' >"$1/new"$'\n'"line"
	mkfifo "$1/fifo"
	mknod "$1/null" c 1 3
	mknod "$1/loop" b 7 300
	chown 3000000:4000000 "$1/fifo"
	find "$1" -exec touch -h -d @1000000000 {} +
	touch -d @-1000 "$1/etc/one"
	touch -d @8589934592 "$1/etc/nothing" # a time of more than 33 bits
}

sparse_tree() { # DIR
	plain_tree "$1"
	truncate -s 3M "$1/holes"
	printf start | dd of="$1/holes" conv=notrunc status=none
	printf middle | dd of="$1/holes" bs=1 seek=1500000 conv=notrunc status=none
	truncate -s 1M "$1/all-hole"
	touch -d @1000000000 "$1"/*hole* "$1"
}

three_trees() {
	local tree
	for tree in plain rich sparse; do
		"${tree}_tree" $tree
		meaning_of $tree >$tree.meaning
	done
}

# Prints type, mode, owner, time, links, size or target, and digest of each name. Times are in whole
# seconds.
meaning_of() { # DIR
	(cd "$1" && find . -mindepth 1 \( -type d -printf '%p d %m %U:%G %T@\n' \) -o \
		\( -type f -printf '%p f %m %U:%G %T@ %n %s\n' \) -o \
		-printf '%p %y %m %U:%G %T@ %l\n' | sed -E 's/(\.0000000000)( |$)/\2/' | sort)
	(cd "$1" && find . -type f -exec sha256sum {} + | sort -k 2)
	(cd "$1" && find . \( -type c -o -type b \) -exec stat -c '%n %t:%T' {} + | sort)
	(cd "$1" && find . -type f -links +1 -printf '%i %p\n' | sort -k 2 |
		awk '{ n = seen[$1] ? seen[$1] : seen[$1] = $2; print $2, n }')
}

unpacked() { # TAR DIR
	mkdir "$2"
	tar --xattrs --xattrs-include='*' --numeric-owner -C "$2" -xpf "$1"
}

# Archives TREE in an order that GNU tar can read: GNU tar sets a directory's time when the next entry
# is elsewhere.
bsdtar_of() { # TREE OPTION...
	local tree=$1
	shift
	(cd "$tree" && find . -print0 | sort -z) |
		bsdtar -C "$tree" -n --null -T - -cf x.tar "$@"
}

# Applies STREAM to a new layer, and exports the layer. Both trees must have the names, attributes and data
# that TREE.meaning lists.
check_dialect() { # NAME TREE STREAM
	n=$((n + 1))
	shale create "l$n" >/dev/null
	shale apply "l$n" "$3" >/dev/null || assert_eq failed applied "$1"
	meaning_of "home/l$n/diff" | diff "$2.meaning" - || assert_eq 'another tree' 'the same' "$1"
	# Use export, because diff would return the original stream, whose order gives GNU tar other
	# times.
	shale export "l$n" "tar:diff$n.tar"
	unpacked "diff$n.tar" seen
	meaning_of seen | diff "$2.meaning" - || assert_eq 'another tree' 'the same' "$1"
	rm -rf seen "diff$n.tar"
}

scenario() {
	local n=0 format
	three_trees
	for format in v7 ustar; do
		tar -C plain --numeric-owner --format=$format -cf x.tar .
		check_dialect "GNU tar $format" plain x.tar
	done
	for format in oldgnu gnu pax; do
		tar -C rich --format=$format -cf x.tar .
		check_dialect "GNU tar $format" rich x.tar
		tar -C sparse -S --format=$format -cf x.tar etc usr holes all-hole
		check_dialect "GNU tar $format -S, names without ./" sparse x.tar
	done
	for format in 0.0 0.1 1.0; do
		tar -C sparse -S --format=pax --sparse-version=$format -cf x.tar .
		check_dialect "GNU tar sparse $format" sparse x.tar
	done
	tar -C rich --format=pax --pax-option=comment=hello,globexthdr.name=g -cf x.tar .
	check_dialect 'GNU tar pax with a global header' rich x.tar
	tar -C plain -cf x.tar etc usr
	echo 'written later' >plain/etc/sub/random
	touch -d @1000000000 plain/etc/sub/random
	meaning_of plain >plain.meaning
	tar -C plain -rf x.tar etc/sub
	check_dialect 'GNU tar, entries twice' plain x.tar
}
once_as root 'GNU tar: v7, ustar, oldgnu, gnu, pax, sparse, global headers, entries twice'

scenario() {
	local n=0 format how
	command -v bsdtar >/dev/null || skip 'no bsdtar'
	three_trees
	for format in ustar gnutar; do # both dialects lack times before 1970
		bsdtar_of plain --format $format
		check_dialect "bsdtar $format" plain x.tar
	done
	for format in pax paxr; do
		bsdtar_of rich --format $format
		check_dialect "bsdtar $format" rich x.tar
	done
	bsdtar_of sparse --format pax --read-sparse
	check_dialect 'bsdtar sparse' sparse x.tar
	for how in gzip bzip2 xz zstd; do
		tar -C plain -cf x.tar etc usr
		$how -q -c x.tar >x.tar.z
		check_dialect "$how" plain x.tar.z
	done
}
once_as root 'bsdtar: ustar, gnutar, pax, sparse; gzip, bzip2, xz, zstd'

# Whiteouts may be anywhere in the stream, and names may be absolute. A name that the layer hides is not
# an entry of its own.
scenario() {
	local order
	mkdir -p base/d/sub base/other top/d/sub
	touch base/d/{old,both,sub/deep} base/other/x
	layer_of base '' base
	echo new >top/d/both
	echo fresh >top/d/fresh
	touch top/d/{.wh.old,.wh..wh..opq} top/.wh.other
	for order in 'd/.wh..wh..opq d/.wh.old .wh.other d/both d/fresh d/sub' \
		'd/both d/fresh d/sub .wh.other d/.wh.old d/.wh..wh..opq' \
		'./d/fresh ./.wh.other ./d/.wh..wh..opq ./d/sub ./d/both'; do
		# shellcheck disable=SC2086 # names
		tar -C top --no-recursion --transform 's,^d,/d,;s,^\.wh,/.wh,' -Pcf x.tar $order
		shale create --parent base top >/dev/null
		shale apply top x.tar >/dev/null
		assert_eq "$(shale changes top | tr '\n' ' ')" \
			'C /d C /d/both A /d/fresh D /d/old C /d/sub D /d/sub/deep D /other ' "$order"
		shale diff top >again.tar
		shale create --parent base again >/dev/null
		shale apply again again.tar >/dev/null
		assert_eq "$(shale diff again | sha256sum)" "$(sha256sum <again.tar)" "$order, again"
		shale rm top again
	done
}
once_as 'root user' 'whiteouts before and after what they must not hide, absolute names'

# A plain user's store keeps owners in xattrs. A link cannot have such an xattr; it must keep its owner
# all the same.
scenario() {
	mkdir tree
	echo x >tree/file
	ln -s file tree/link
	mkfifo tree/fifo
	tar -C tree --owner=33 --group=44 --numeric-owner -cf x.tar file fifo
	tar -C tree --owner=0 --group=0 --numeric-owner -rf x.tar link
	shale create base >/dev/null
	shale apply base x.tar >/dev/null
	shale diff base >again.tar
	assert_eq "$(tar_list again.tar | awk '{ print $2, $6 }' | sort | tr '\n' ' ')" \
		'0/0 link 33/44 fifo 33/44 file '
	shale create again >/dev/null
	shale apply again again.tar >/dev/null
	shale diff again | cmp - again.tar
}
once_as user 'owners in xattrs: symbolic links belong to root'"'"'s'

scenario() {
	command -v bsdtar >/dev/null || skip 'no bsdtar'
	: >file
	cat >list <<-'END'
		#mtree
		file type=file mode=0644 uid=33 gid=44
		dev type=dir mode=0755 uid=0 gid=0
		dev/null type=char mode=0666 uid=0 gid=0 device=native,1,3
		dev/loop0 type=block mode=0660 uid=0 gid=6 device=native,7,0
	END
	bsdtar -cf x.tar @list
	shale create base >/dev/null
	shale apply base x.tar >/dev/null
	assert_absent home/base/diff/dev/null home/base/diff/dev/loop0
	shale inspect base | grep '^SkippedDevices: 2$'
	shale diff base | tar_list - | awk '{ print $2, $6 }' | grep '^33/44 file$'
	shale check
	bsdtar --exclude 'dev/?*' -cf x.tar @list
	shale apply base x.tar >/dev/null
	assert_eq "$(shale inspect base | grep -c Skipped)" 0
}
once_as userns 'device nodes, which a user namespace may not make, are skipped and counted'

# setfattr cannot set such a label everywhere, but a tar can hold one.
labelled_tar() {
	python3 - <<-'END'
		import tarfile
		with tarfile.open('labels.tar', 'w', format=tarfile.PAX_FORMAT) as tar:
		    entry = tarfile.TarInfo('file')
		    for name in ('security.selinux', 'security.ima', 'security.evm', 'security.SMACK64EXEC', 'trusted.mine'):
		        entry.pax_headers['SCHILY.xattr.' + name] = 'a:b:c'
		    tar.addfile(entry)
	END
}

scenario() {
	labelled_tar
	shale create base >/dev/null
	shale apply base labels.tar >/dev/null
	assert_eq "$(getfattr --absolute-names -m . home/base/diff/file | grep -v '^#' | tr -d '\n')" trusted.mine
	shale create --parent base second >/dev/null
	shale --home other --run other-run init --opt host-labels=keep
	shale --home other --run other-run create base >/dev/null
	shale --home other --run other-run apply base labels.tar >kept 2>&1 || grep -q "set xattr 'security\." kept
	assert_clear_error 'not real or override' shale --home third --run third-run init --opt ownership=x
	assert_clear_error 'made with host-labels=keep' shale --home other --run other-run init --opt ownership=real
}
once_as root "the labels of another host are left out, unless they are asked for"

# GNU tar and bsdtar write odd bytes of a name as %XX, and GNU tar decodes them. Go refuses a "=".
scenario() {
	local tool
	mkdir tree
	echo x >tree/file
	setfattr -n 'user.a=b' -v 1 tree/file
	setfattr -n 'user.50%25' -v 2 tree/file
	(cd tree && getfattr -d file) >want
	for tool in tar bsdtar; do
		command -v $tool >/dev/null || continue
		$tool -C tree --format pax --xattrs -cf x.tar file
		shale create $tool >/dev/null
		shale apply $tool x.tar >/dev/null
		(cd home/$tool/diff && getfattr -d file) | diff want -
		shale create --rw --parent $tool rw-$tool >/dev/null
		merged=$(shale get rw-$tool)
		(cd "$merged" && getfattr -d file && touch file) | diff want -
		shale put rw-$tool
		shale diff rw-$tool >out.tar
		unpacked out.tar seen
		(cd seen && getfattr -d file) | diff want -
		rm -r seen
	done
}
once_as root 'xattrs with "=" and "%" in their names'

scenario() {
	local out
	mkdir tree
	ln -s nowhere tree/link
	setfattr -h -n trusted.kept -v yes tree/link
	tar -C tree --xattrs --xattrs-include='*' -cf x.tar link
	sed -i 's/\(SCHILY.xattr.\)trusted.kept=yes/\1user.foreign=yes/' x.tar # a name of the same length
	tar -C tree --xattrs --xattrs-include='*' -cf kept.tar link
	shale create links >/dev/null
	shale apply links x.tar >out 2>said
	out="left out: 1 xattrs that the kernel does not let those files, or this user, have"
	assert_eq "$(<said)" "shale: layer 'links': $out"
	assert_eq "$(shale inspect links | grep Skipped)" 'SkippedXattrs: 1'
	shale diff links | cmp - x.tar
	top=$(shale import tar:x.tar image 2>said)
	assert_eq "$(<said)" "shale: layer '$top': $out"
	shale apply links kept.tar >/dev/null 2>said
	assert_eq "$(<said)$(shale inspect links | grep Skipped)" ''
	assert_eq "$(getfattr -h --only-values -n trusted.kept home/links/diff/link)" yes
}
once_as root 'an xattr that no symbolic link can have is left out with a warning'

# Three xattrs: one that only the host's root may set, one that Linux does not know (Macs give it to
# each file), and one to be kept.
scenario() {
	python3 -c "
import io, tarfile
tar = tarfile.open('x.tar', 'w', format=tarfile.PAX_FORMAT)
for name, type in (('dir', tarfile.DIRTYPE), ('file', tarfile.REGTYPE)):
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = type, 0o755
    entry.pax_headers = {'SCHILY.xattr.' + name: 'x' for name in ('trusted.mine', 'trusted.overlay.opaque',
        'security.odd', 'com.apple.provenance', 'system.nfs4_acl', 'user.kept')}
    tar.addfile(entry)
tar.close()"
	shale create layer >/dev/null
	shale apply layer x.tar >/dev/null 2>said
	case $kind in
	root) skipped=4 ;;
	user) skipped=8 ;; # there security.odd has another name
	userns) skipped=10 ;;
	esac
	assert_eq "$(<said)" \
		"shale: layer 'layer': left out: $skipped xattrs that the kernel does not let those files, or this user, have"
	[ "$kind" != root ] || assert_eq "$(xattr trusted.mine home/layer/diff/file)" x
	assert_eq "$(shale inspect layer | grep Skipped)" "SkippedXattrs: $skipped"
	assert_eq "$(xattr user.kept home/layer/diff/file)" x
	assert_eq "$(xattr user.kept home/layer/diff/dir)" x
	shale diff layer | cmp - x.tar
	shale check
}
once_as 'root user userns' 'xattrs that cannot be set here are left out with a warning'
