#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Damaged stores: `check` names the damage, `check --repair` repairs it, and afterwards the store is
# whole and works.
. "${0%/*}/lib.sh"

# Makes base, app, rw (on app), and an image with a layer of its own.
broken_store() {
	store_with_layers
	mkdir tree3
	echo image >tree3/file
	tar -C tree3 -cf tree3.tar .
	image=$(shale import tree3.tar image)
	shale check
}

said() { # WORDS FILE
	grep -qF -- "$1" "$2" || assert_eq "$(cat "$2")" "... $1 ..."
}

# The store has exactly one damage: check must find this one alone, and repair must report
# WHAT-REPAIR-SAYS.
mended() { # WORDS WHAT-REPAIR-SAYS
	local status=0
	shale check >found || status=$?
	assert_eq "$status" 1 'status of check'
	said "$1" found
	assert_eq "$(wc -l <found)" "${problems:-1}" "problems found: $(cat found)"
	status=0
	shale check --repair >repaired || status=$?
	assert_eq "$status" 0 "status of check --repair: $(cat repaired)"
	said "$2" repaired
	shale check
	assert_eq "$(shale check --repair)" '' 'a second repair'
	assert_no_rubbish
}

still_works() {
	local path
	path=$(shale get rw)
	assert_content "$path/etc/one" one
	assert_content "$path/etc/two" changed
	echo new >"$path/new"
	shale put rw
	assert_eq "$(shale changes rw | grep -c .)" 1
	shale rm rw
	shale rm app
	shale rm base
	assert_eq "$(ls home/l | wc -l)" "${left:-1}"
}

scenario() {
	broken_store
	rm home/app/link
	mended "layer app: its file 'link' is lost" 'made again'
	: >home/base/link
	mended "layer base: its file 'link' is damaged" 'made again'
	rm home/rw/link
	mended "layer rw: its file 'link' is lost" 'made again'
	still_works
}
once_as root "a layer's file 'link'"

scenario() {
	broken_store
	rm "home/l/$(cat home/app/link)"
	mended "layer app: its link 'l/" 'made again'
	ln -sfn ../base/diff "home/l/$(cat home/rw/link)"
	mended "leads to layer 'base'" 'made again'
	rm -r home/l/*
	problems=4 mended "layer base: its link 'l/" 'made again'
	still_works
}
once_as 'root userns' 'a lost or wrong link in l/ is repaired'

scenario() {
	broken_store
	: >home/rw/lower
	mended "layer 'rw' is damaged: lower" 'written again'
	rm home/app/lower
	problems=2 mended "its file 'lower' is lost" 'written again'
	echo "l/$(cat home/base/link)" >home/rw/lower
	mended "layer rw:" 'written again'
	rm home/base/committed
	mended 'is not committed' marked
	rm -r home/rw/work
	mended 'work/ is lost' 'made again'
	still_works
}
once_as root "the files 'lower' and 'committed', and work/"

scenario() {
	broken_store
	rm -r "home/$image/diff"
	mended 'diff/ is lost' 'the layer was removed'
	[[ $(shale images) != *image* ]]
	left=0 still_works
}
once_as root 'a layer without its diff is removed with its image'

scenario() {
	broken_store
	echo mine >home/rw/diff/mine
	rm -r home/base/layer.json
	mended 'layer.json is lost' "moved to 'lost+found'"
	assert_absent home/base home/app home/rw
	said "layer app: its parent 'base' is lost; the layer was removed" repaired
	assert_content home/lost+found/rw/diff/mine mine
	shale du | grep -q lost
}
once_as root 'a layer without a record is removed with its children, and writable layers are kept'

scenario() {
	broken_store
	mkdir -p home/unknown/dir 'home/.odd'
	echo keep >home/unknown/dir/file
	echo keep >home/notes.txt
	echo keep >home/app/extra
	echo keep >home/l/extra
	echo keep >home/images/extra
	problems=6 mended 'file app/extra: is not' "moved to 'lost+found'"
	assert_content home/lost+found/unknown/dir/file keep
	assert_eq "$(find home/lost+found -type f -exec cat {} + | grep -c keep)" 5
	echo keep >home/notes.txt
	mended 'file notes.txt: is not' "moved to 'lost+found'"
	assert_eq "$(ls -A home/lost+found | wc -l)" 7
	still_works
}
once_as root 'unknown directories and foreign files are set aside'

scenario() {
	broken_store
	shale get rw >/dev/null
	rm -r home/app/diff/etc home/app/layer.json
	! shale check --repair >repaired || return 1
	said 'cannot be mended' repaired
	shale put rw || umount home/rw/merged
	shale check --repair >/dev/null
	shale check
}
once_as root 'a mounted layer cannot be removed before it is unmounted'

scenario() {
	broken_store
	mkdir home/staging/left home/trash/left
	mv home/rw home/trash/half
	rm -r home/trash/half/diff
	ln -s ../nobody/diff home/l/ABCDEFGHIJKLMNOPQRSTUVWXYZ
	shale check
	shale gc >/dev/null
	assert_no_rubbish
	assert_eq "$(ls home/l | wc -l)" 3
	shale rm app
	shale rmi image
	shale gc --layers | grep -q "^layer $image"
	shale rm base
	assert_eq "$(find home -mindepth 2 ! -name '.*lock')" ''
}
once_as root 'gc leaves nothing behind'

scenario() {
	broken_store
	head -c 100000 /dev/zero | tr '\0' x >home/rw/diff/big
	assert_eq "$(shale du | awk '$3 == "total" { print $1 }')" \
		"$(find home -printf '%D:%i %b\n' | sort -u | awk '{ n += $2 } END { print n * 512 }')"
}
once_as root 'du accounts for every byte'

# Changes one bit of a file's data, and keeps the file's times.
flip() { # FILE
	touch -r "$1" before
	printf '%b' "\\x$(printf %02x $((0x$(head -c 1 "$1" | od -An -tx1 | tr -d ' ') ^ 1)))" |
		dd of="$1" conv=notrunc status=none
	touch -r before "$1"
}

# check must report WORDS, and nothing after the command UNDO: check itself removes nothing.
seen() { # WORDS UNDO...
	local words=$1 status=0
	shift
	shale check >found || status=$?
	assert_eq "$status" 1 'status of check'
	said "$words" found
	"$@"
	assert_eq "$(shale check)" ''
}

scenario() {
	local app=home/app/diff committed=home/committed/diff path
	broken_store
	path=$(shale get rw)
	head -c 100000 /dev/urandom >"$path/etc/random"
	truncate -s 10M "$path/etc/random"
	echo end >>"$path/etc/random"
	ln "$path/etc/random" "$path/etc/same"
	shale put rw
	shale commit rw committed >/dev/null
	shale check
	flip $app/etc/two
	seen "layer app: '/etc/two' has other data" flip $app/etc/two
	flip "home/$image/diff/file"
	seen "layer $image: '/file' has other data" flip "home/$image/diff/file"
	flip $committed/etc/random
	seen "layer committed: '/etc/random' has other data" flip $committed/etc/random
	cp --sparse=never --preserve=all $committed/etc/random filled
	cat filled 1<>$committed/etc/random
	touch -r filled $committed/etc/random
	assert_eq "$(shale check)" '' 'zeros in the place of a hole'
	echo more >$app/srv/more
	seen "'/srv/more' does not belong" bash -c "rm $app/srv/more"
	mv $app/srv/page page
	seen "'/srv/page' is lost" bash -c "mv page $app/srv/page"
	mv $app/srv/page page
	mkdir $app/srv/page
	seen "'/srv/page' has another type" bash -c "rmdir $app/srv/page; mv page $app/srv/page"
	chmod 600 $app/etc/two
	seen "'/etc/two' has another mode" chmod 644 $app/etc/two
	chmod 700 $app/srv
	seen "'/srv' has another mode" chmod 755 $app/srv
	touch -r $app/etc/two when
	touch $app/etc/two
	seen "'/etc/two' has another time" touch -r when $app/etc/two
	setfattr -n user.x -v y $app/srv/page
	seen "'/srv/page' has another set of xattrs" setfattr -x user.x $app/srv/page
	chown 1:1 $app/srv/page 2>/dev/null && # with one id there is no other
		seen "'/srv/page' has another owner" chown 0:0 $app/srv/page
	mv home/base/diff/usr/link link
	ln -s elsewhere home/base/diff/usr/link
	seen "'/usr/link' has other data" mv link home/base/diff/usr/link
	mv home/app/sums sums
	seen 'the file of its digests is lost' cp sums home/app/sums
	flip home/app/sums
	seen 'the file of its digests is damaged' cp sums home/app/sums
	for path in 'mkfifo' 'mkdir' 'ln -s /dev/zero'; do
		rm home/app/sums
		$path home/app/sums
		seen 'the file of its digests is damaged' bash -c 'rm -d home/app/sums; cp sums home/app/sums'
	done
}
once_as 'root userns' 'check finds a flipped bit and every other change in an immutable layer'

scenario() {
	broken_store
	flip home/base/diff/etc/one
	mended "layer base: '/etc/one' has other data" "layer rw: its parent 'app' is lost; the layer was moved"
	assert_absent home/base home/app
	flip "home/$image/diff/file"
	mended 'has other data' "its top layer '$image' is lost; the image's name was removed"
}
once_as root 'a damaged layer is removed, with what depends on it'

scenario() {
	store_with_layers
	shale create --rw --opt metacopy=on --parent app meta >/dev/null
	chmod 700 "$(shale get meta)/usr/bin/tool"
	shale put meta
	shale create --parent meta top >/dev/null
	tar -C tree2 -cf tree2.tar .
	shale apply top tree2.tar >/dev/null
	shale apply top tree2.tar >/dev/null
	shale check
	shale convert top
	shale check
	flip home/top/diff/etc/two
	seen "layer top: '/etc/two' has other data" flip home/top/diff/etc/two
}
once_as root 'a layer that is applied anew or converted gets new digests'

scenario() {
	local size
	mkdir tree
	for size in 0 1 4095 4096 4097 65536 65537 300000; do
		head -c $size /dev/zero >tree/zeros$size
		head -c $size /dev/urandom >tree/bytes$size
	done
	truncate -s 100000 tree/hole
	printf '%100000s' x | dd of=tree/hole seek=9000 bs=100 conv=notrunc status=none
	tar -C tree -cSf tree.tar .
	shale create base >/dev/null
	shale apply base tree.tar >/dev/null
	shale check # check reads files in other pieces than apply
	flip home/base/diff/bytes1
	seen "'/bytes1' has other data" flip home/base/diff/bytes1
	flip home/base/diff/zeros4096
	seen "'/zeros4096' has other data" flip home/base/diff/zeros4096
}
once_as 'root user' 'files of all sizes have the digests that apply computed'
