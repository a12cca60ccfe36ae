#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Broken stores: check says what is wrong, --repair puts it right, and then the store is whole and works.
. "${0%/*}/lib.sh"

# base, app, rw (on app), and an image of a layer of its own.
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

# The store is broken now, in one way, and check sees just that.
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
once_as 'root userns' 'an entry of l/'

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
once_as root 'half a removal of a layer that has an image'

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
once_as root 'a layer without a record takes what depends on it along, and loses no work'

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
once_as root 'what is mounted cannot be removed before it is unmounted'

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
