#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Odd forms of whiteouts in a stream. Both backends must show the same layer, and a layer made from
# its diff must look the same.
. "${0%/*}/lib.sh"
. "$here/lib-image.sh"

# Makes a stream of names: "NAME/" is a directory, "NAME@0" a character device 0/0, "NAME@1" another
# device, any other NAME an empty file.
stream_of() { # FILE NAME...
	local file=$1 name
	shift
	: >empty
	printf '#mtree\n' >list
	for name; do
		case $name in
		*/) echo "./${name%/} type=dir mode=0755 uid=0 gid=0" ;;
		*@0) echo "./${name%@0} type=char mode=0600 uid=0 gid=0 device=native,0,0" ;;
		*@1) echo "./${name%@1} type=char mode=0600 uid=0 gid=0 device=native,1,3" ;;
		*) echo "./$name type=file mode=0644 uid=0 gid=0 contents=empty" ;;
		esac
	done >>list
	bsdtar --format pax -cf "$file" @list
}

# Makes the layer base with a/one, a/two, b/in, c/ and file.
base_layer() {
	mkdir -p tree/a tree/b tree/c
	touch tree/a/one tree/a/two tree/b/in tree/file
	layer_of base '' tree
}

# Lists a mount of the writable LAYER; stat must work on each name.
shown_of() { # LAYER
	local merged
	merged=$(shale get "$1")
	(cd "$merged" && find . -mindepth 1 -printf '%P\n' | sort | tr '\n' ' ')
	shale put "$1"
}

# Lists a mount of the immutable LAYER, through a writable layer on it.
shown() { # LAYER
	shale create --rw --parent "$1" look >/dev/null
	shown_of look
	shale rm look
}

# Applies STREAM and checks what a mount shows. Then does the same with the layer's diff, made without
# the kept stream.
assert_shown() { # STREAM WANTED [CHANGES]
	shale create --parent base top >/dev/null
	shale apply top "$1" >/dev/null
	assert_eq "$(shown top)" "$2" "$1"
	[ $# -lt 3 ] || assert_eq "$(shale changes top | tr '\n' ' ')" "$3" "changes of $1"
	shale diff top | cmp - "$1"
	shale create --parent base again >/dev/null
	rm home/top/stream
	shale check --repair >/dev/null || :
	shale diff top >meaning.tar
	shale apply again meaning.tar >/dev/null
	assert_eq "$(shown again)" "$2" "$1, again"
	shale rm top again
}

# Puts the store on an overlay, which refuses to make a device 0/0. Returns false if it also refuses the
# xattr of the other form of whiteout (before Linux 6.7).
store_on_overlay() {
	mkdir -p outer/lower outer/upper outer/work home
	mount -t overlay overlay -o "lowerdir=outer/lower,upperdir=outer/upper,workdir=outer/work$kernel_words" home
	touch home/file
	setfattr -n "$overlay_xattr.whiteout" -v y home/file 2>/dev/null || return
	rm home/file
}

assert_refused() {
	mkdir tree
	touch tree/.wh.file
	tar -C tree -cf refused.tar .
	shale create refused >/dev/null
	assert_clear_error 'make a whiteout' shale apply refused refused.tar
}

# Runs scenario() in a store on an overlay: a container in a container.
on_overlay() { # CLAIM
	eval "on_disk() $(declare -f scenario | tail -n +2)"
	scenario() {
		if store_on_overlay; then
			on_disk
			assert_eq "$(find home -type c)" '' 'devices'
		else
			assert_refused
		fi
		umount home
	}
	only_backend=fuse on_each_backend_as 'root userns' "$1 (on an overlay)"
	only_backend=
}

scenario() {
	command -v bsdtar >/dev/null || skip 'no bsdtar'
	base_layer
	stream_of first.tar .wh..wh..opq a/ a/new other
	stream_of last.tar a/ a/new other .wh..wh..opq
	for stream in first.tar last.tar; do
		assert_shown $stream 'a a/new other ' \
			'C /a A /a/new D /a/one D /a/two D /b D /c D /file A /other '
	done
	stream_of nothing.tar .wh..wh..opq
	assert_shown nothing.tar ''
	stream_of twice.tar .wh..wh..opq .wh.file .wh.absent file b/.wh.in
	assert_shown twice.tar 'b file '
	shale create lowest >/dev/null
	shale apply lowest first.tar >/dev/null
	assert_eq "$(shown lowest)" 'a a/new other '
}
on_each_backend_as 'root user userns' 'an opaque root hides all that the layers below show'
on_overlay 'an opaque root hides all that the layers below show'

# Engines make the device 0/0, and mount it.
scenario() {
	command -v bsdtar >/dev/null || skip 'no bsdtar'
	base_layer
	stream_of device.tar file@0 a/ a/one@0 c@0 nowhere@0
	assert_shown device.tar 'a a/two b b/in ' 'C /a D /a/one D /c D /file '
	stream_of one.tar new/ new/in file@0
	stream_of two.tar new@0 file
	bsdtar --format pax -cf later.tar @one.tar @two.tar
	assert_shown later.tar 'a a/one a/two b b/in c file '
	shale create lowest >/dev/null
	shale apply lowest device.tar >/dev/null
	assert_eq "$(shown lowest)" 'a '
	shale diff lowest | cmp - device.tar
}
on_each_backend_as 'root user userns' 'a character device 0/0 is a whiteout'
on_overlay 'a character device 0/0 is a whiteout'

# Appends hard links: NAME to TARGET.
append_links() { # FILE NAME TARGET...
	python3 -c "
import sys, tarfile
tar = tarfile.open(sys.argv[1], 'a')
for name, to in zip(sys.argv[2::2], sys.argv[3::2]):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.LNKTYPE, to
    tar.addfile(entry)
tar.close()" "$@"
}

# An engine makes these forms when it links the device, or makes a directory in its place.
scenario() {
	command -v bsdtar >/dev/null || skip 'no bsdtar'
	command -v python3 >/dev/null || skip 'no python3'
	base_layer
	stream_of linked.tar file@0
	append_links linked.tar a/one file ./c /a/one
	assert_shown linked.tar 'a a/two b b/in ' 'C /a D /a/one D /c D /file '
	# A name may be in the stream twice: the later entry decides.
	stream_of device.tar a@0
	stream_of directory.tar a/ a/new
	bsdtar --format pax -cf merged.tar @device.tar @directory.tar
	bsdtar --format pax -cf again.tar @directory.tar @device.tar
	assert_shown merged.tar 'a a/new a/one a/two b b/in c file ' 'C /a A /a/new '
	stream_of opaque.tar .wh.a a/ a/new
	assert_shown opaque.tar 'a a/new b b/in c file '
	assert_shown again.tar 'b b/in c file ' 'D /a '
	stream_of hidden.tar .wh.a
	append_links hidden.tar file a
	assert_shown hidden.tar 'b b/in c ' 'D /a D /file '
	stream_of lowest.tar zero@0 d/ d/zero@0 kept
	append_links lowest.tar linked zero
	shale create lowest >/dev/null
	shale apply lowest lowest.tar >/dev/null
	assert_eq "$(shown lowest)" 'd kept '
	assert_eq "$(find home/lowest/diff -type c)" ''
	shale diff lowest | cmp - lowest.tar
}
on_each_backend_as 'root user userns' 'a hard link to a character device 0/0, and a directory in its place'
on_overlay 'a hard link to a character device 0/0, and a directory in its place'

scenario() {
	command -v bsdtar >/dev/null || skip 'no bsdtar'
	command -v python3 >/dev/null || skip 'no python3'
	stream_of devices.tar dev/null@1
	append_links devices.tar dev/one dev/null dev/two dev/one
	shale create devices >/dev/null
	shale apply devices devices.tar >/dev/null
	if [ "$kind" = root ]; then
		assert_eq "$(stat -c '%h %t,%T' home/devices/diff/dev/two)" '3 1,3'
	else
		assert_eq "$(names home/devices/diff/dev)" ''
		assert_eq "$(shale inspect devices | grep Skipped)" 'SkippedDevices: 3'
	fi
	shale diff devices | cmp - devices.tar
	append_links devices.tar dev/three dev/nothing
	shale create bad >/dev/null
	assert_clear_error "open hard link target 'dev/nothing': No such file" shale apply bad devices.tar
}
once_as 'root userns' 'a hard link to a device that cannot be made here is skipped'

scenario() {
	command -v bsdtar >/dev/null || skip 'no bsdtar'
	base_layer
	stream_of phantom.tar new/ new/.wh.gone other/sub/.wh.gone a/new/.wh.gone file/ file/.wh.gone
	assert_shown phantom.tar 'a a/new a/one a/two b b/in c file new other other/sub '
	assert_eq "$(find home/*/diff -type c)" ''
	stream_of kept.tar a/.wh.one .wh.absent
	assert_shown kept.tar 'a a/two b b/in c file '
}
on_each_backend_as 'root user userns' 'a whiteout in a directory that no layer below has is left out'
on_overlay 'a whiteout in a directory that no layer below has is left out'

# The name of the whiteout in the stream is longer than a file's name may be.
scenario() {
	local name
	for name in "$(printf 'n%.0s' {1..255})" "$(printf 'm%.0s' {1..252})" "$(printf 'o%.0s' {1..251})"; do
		mkdir -p "tree/$name"
		touch "tree/$name/$name" "tree/$name/kept"
	done
	layer_of base '' tree
	shale create --rw --parent base work >/dev/null
	merged=$(shale get work)
	rm -r "$merged/$name"
	for dir in "$merged"/[nm]*; do
		rm "$dir/${dir##*/}"
	done
	rm -r "$merged/$(printf 'm%.0s' {1..252})"
	shale put work
	want=$(shown_of work)
	shale commit work top >/dev/null
	assert_eq "$(shown top)" "$want"
	shale diff top >top.tar
	shale create --parent base again >/dev/null
	shale apply again top.tar >/dev/null
	assert_eq "$(shown again)" "$want"
	assert_eq "$(shale changes again)" "$(shale changes work)"
	shale check
}
on_each_backend_as 'root user userns' 'a lower name of more than 251 bytes is deleted, and the layer committed'
on_overlay 'a lower name of more than 251 bytes is deleted, and the layer committed'
