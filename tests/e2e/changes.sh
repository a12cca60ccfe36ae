#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `changes` with odd names and with sockets.
. "${0%/*}/lib.sh"

scenario() {
	shale create --rw work >/dev/null
	dir=$(shale get work)
	mkdir "$dir/"$'a\nA '
	for name in $'a\xffb' $'a\nA /forged' $'\xed\xa0\x80' 'u'$'\xc3\xa9' 'b\c' 'q"uote'; do
		touch "$dir/$name"
	done
	shale put work
	shale --json changes work | python3 -c '
import json, sys
names = [c["path"].encode() if "path_hex" not in c else bytes.fromhex(c["path_hex"])
	for c in json.load(sys.stdin)]
sys.stdout.buffer.write(b"\0".join(sorted(names)))' >seen
	printf '/a\nA \0/a\nA /forged\0/a\xffb\0/b\\c\0/q"uote\0/u\xc3\xa9\0/\xed\xa0\x80' | cmp - seen
	assert_eq "$(shale changes work | wc -l)" 7
	assert_eq "$(shale changes work | grep -c '^A /forged')" 0
}
on_each_backend_as 'root user' 'every name that changed can be had to the byte'

sock() { # PATH
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$1"
}

scenario() {
	mkdir -p tree/dir
	echo file >tree/file
	echo other >tree/dir/other
	layer_of base '' tree
	shale create --rw --parent base work >/dev/null
	dir=$(shale get work)
	sock "$dir/new"
	rm "$dir/file"
	sock "$dir/file"
	rm -r "$dir/dir"
	mkdir "$dir/dir"
	sock "$dir/dir/other"
	assert_eq "$(shale changes work | sort -k2)" 'C /dir
D /dir/other
D /file'
	shale commit work done >/dev/null
	assert_eq "$(shale changes done | sort -k2)" 'C /dir
D /dir/other
D /file'
	shale put work
}
on_each_backend_as 'root user' 'a socket is in neither changes nor diff'
