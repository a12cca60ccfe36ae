#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `commit` and `export` of a layer that is in use: no file is caught in the middle of a change, or a
# warning says that it may be.
. "${0%/*}/lib.sh"

parent_of() { # ID
	shale inspect "$1" | sed -n 's/^Parent: *//p'
}

# A program counts: into the first file of the directory, then into the last one. A frozen layer never shows
# the last one ahead, or more than one behind.
count_in() { # DIRECTORY
	local n=0
	while [ -e "$1/go" ]; do
		n=$((n + 1))
		echo "$n" >"$1/.a" && mv "$1/.a" "$1/a"
		echo "$n" >"$1/.z" && mv "$1/.z" "$1/z"
	done
}

start_counter() { # DIRECTORY
	local i
	mkdir "$1"
	echo 0 >"$1/a"
	echo 0 >"$1/z"
	for i in {1..40}; do
		head -c 200000 /dev/urandom >"$1/file$i"
	done
	touch "$1/go"
	count_in "$1" &
	counter=$!
	until [ "$(cat "$1/z")" -gt 3 ]; do sleep 0.01; done
}

stop_counter() { # DIRECTORY
	rm "$1/go"
	wait "$counter"
}

# Fails unless both numbers belong together.
assert_frozen() { # DIRECTORY
	local first last
	first=$(cat "$1/a")
	last=$(cat "$1/z")
	[ "$first" -gt 0 ]
	[ $((first - last)) -ge 0 ] && [ $((first - last)) -le 1 ] || {
		echo "the files show $first and $last"
		return 1
	}
}

scenario() {
	local m i
	store_with_layers
	m=$(shale get rw)
	start_counter "$m/count"
	for i in 1 2 3; do
		shale commit --author somebody rw "new$i" 2>said
		assert_content said ''
		assert_frozen "$(shale get "new$i")/count"
		shale put "new$i"
	done
	assert_eq "$(parent_of rw) $(parent_of new3) $(parent_of new1)" 'new3 new2 app'
	grep -q '"author": "somebody"' home/new1/layer.json
	shale export rw "oci:$PWD/out:rw" 2>said >/dev/null
	assert_content said ''
	shale import "oci:$PWD/out:rw" again >/dev/null
	stop_counter "$m/count"
	assert_frozen "$(shale get "$(shale create --rw --parent again look)")/count"
	shale put look
	shale put rw
	shale check
	assert_no_rubbish
}
only_backend=fuse on_each_backend_as 'root userns' 'a layer that is in use is committed and exported as it was at one instant'

scenario() {
	local m parent
	store_with_layers
	m=$(shale get rw)
	echo text >"$m/file"
	shale export rw "tar:$PWD/one.tar"
	parent=$(parent_of rw)
	assert_eq "${parent%.*}" rw
	shale export rw "tar:$PWD/two.tar" 2>said
	assert_content said ''
	assert_eq "$(parent_of rw)" "$parent" 'nothing was written, so no layer was made'
	cmp one.tar two.tar
	shale put rw
	shale export rw "tar:$PWD/three.tar"
	assert_eq "$(parent_of rw)" "$parent"
	cmp one.tar three.tar
	shale check
}
only_backend=fuse on_each_backend_as 'root userns' 'an export makes a snapshot if something was written since the last one'

# The kernel's overlayfs cannot be frozen, nor can a file with two names that is open.
scenario() {
	local m
	store_with_layers
	m=$(shale get rw)
	echo text >"$m/file"
	ln "$m/file" "$m/name"
	exec 5<>"$m/file"
	shale commit rw new 2>said
	grep -q "^shale: commit: layer 'rw' is in use and could not be frozen" said
	assert_eq "$(parent_of rw) $(parent_of new)" 'app app'
	assert_content "home/new/diff/file" text
	shale export rw "tar:$PWD/out.tar" 2>said
	grep -q "^shale: export: layer 'rw' is in use and could not be frozen" said
	exec 5>&-
	shale put rw
	shale commit rw new2 2>said
	shale export rw "tar:$PWD/out2.tar" 2>>said
	assert_content said ''
	cmp out.tar out2.tar
	shale check
}
on_each_backend_as 'root userns' 'a commit and an export that cannot freeze a layer warn of it'

# A command that reads needs no run directory that it can write to.
scenario() {
	local m
	store_with_layers
	m=$(shale get rw)
	echo text >"$m/file"
	mount --bind run run
	mount -o remount,bind,ro run
	shale export rw "tar:$PWD/out.tar" 2>said
	grep -q "^shale: export: layer 'rw' is in use and could not be frozen" said
	tar -xOf out.tar file | grep -qx text
	umount run
	shale put rw
	shale check
}
on_each_backend 'an export reads a layer in use without its lock where the run directory is read-only'
