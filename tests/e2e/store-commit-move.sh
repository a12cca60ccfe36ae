#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `commit --move`: a writable layer becomes an immutable one by renames.
. "${0%/*}/lib.sh"

written_layer() {
	local m
	store_with_layers
	m=$(shale get rw)
	mkdir "$m/new"
	echo text >"$m/new/file"
	rm "$m/etc/one"
	shale put rw
}

scenario() {
	local inode
	written_layer
	inode=$(stat -c %i home/rw/diff/new/file)
	shale diff rw >before.tar
	assert_eq "$(shale commit --move rw frozen)" frozen
	assert_eq "$(stat -c %i home/frozen/diff/new/file)" "$inode" 'the same file'
	assert_clear_error 'no such layer' shale inspect rw
	assert_eq "$(shale inspect frozen | sed -n 's/^Kind: *//p')" layer
	shale diff frozen | cmp - before.tar
	shale check
	shale create --rw --parent frozen child >/dev/null
	assert_content "$(shale get child)/new/file" text
	refute [ -e home/child/merged/etc/one ]
	shale put child
	shale export frozen "oci:$PWD/out:frozen" >/dev/null
	[ "$(shale size frozen)" -gt 0 ]
	assert_no_rubbish
}
on_each_backend_as 'root userns' 'commit --move keeps the files where they are, and the layer is immutable'

scenario() {
	written_layer
	shale get rw >/dev/null
	assert_clear_error 'is mounted' shale commit --move rw frozen
	shale put rw
	assert_clear_error 'immutable' shale commit --move app frozen
	assert_clear_error 'already' shale commit --move rw base
	assert_clear_error 'no such layer' shale commit --move nobody frozen
	shale create --rw --parent rw child >/dev/null
	assert_clear_error 'layers on top' shale commit --move rw frozen
	shale rm child
	assert_eq "$(shale commit --move rw rw)" rw 'under its own name'
	assert_clear_error 'immutable' shale commit --move rw frozen
	shale check
}
once_as 'root user' 'commit --move refuses a layer in use, an immutable layer, and a taken id'

# A kill loses the link of a moved layer; the next command makes it again.
scenario() {
	local link
	written_layer
	cp home/rw/layer.json record
	shale commit --move rw frozen >/dev/null
	link=$(cat home/frozen/link)
	python3 - record home/frozen/layer.json <<-'END'
		import json, sys
		old, new = (json.load(open(f)) for f in sys.argv[1:])
		old.update({'frozen-as': 'frozen', 'frozen': new})
		json.dump(old, open(sys.argv[2], 'w'))
	END
	rm "home/l/$link"
	assert_eq "$(shale inspect frozen | sed -n 's/^Kind: *//p')" layer
	assert_eq "$(readlink "home/l/$link")" ../frozen/diff
	mv home/frozen home/rw
	rm "home/l/$link"
	assert_eq "$(shale inspect rw | sed -n 's/^Kind: *//p')" rw 'it had not been renamed'
	assert_eq "$(readlink "home/l/$link")" ../rw/diff
	shale commit --move rw frozen >/dev/null
	shale check
}
once_as root 'a killed commit --move leaves the old state or the new one'
