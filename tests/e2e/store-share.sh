#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Several users of one store: counts, and several processes at once.
. "${0%/*}/lib.sh"

scenario() {
	local path
	store_with_layers
	path=$(shale get rw)
	assert_eq "$(shale get rw)" "$path"
	assert_eq "$(shale get rw)" "$path"
	assert_eq "$(grep -c " $path " /proc/self/mounts)" 1 mounts
	shale put rw
	shale put rw
	is_mounted "$path"
	echo still >"$path/still"
	shale put rw
	assert_eq "$(grep -c " $path " /proc/self/mounts || :)" 0 mounts
	shale put rw
	path=$(shale get rw)
	assert_content "$path/still" still
	shale put rw
}
on_each_backend_as 'root user userns' 'the last put unmounts, further ones do nothing'

scenario() {
	local i
	store_with_layers
	for i in $(seq 8); do
		(
			path=$(shale get rw) && echo "$i" >"$path/file$i" && cat "$path/etc/two" >>seen &&
				shale put rw || echo "$i" >>failed
		) &
	done
	wait
	assert_absent failed
	assert_eq "$(sort seen | uniq -c | tr -s ' ')" ' 8 changed'
	assert_absent home/rw/merged
	assert_eq "$(shale changes rw | wc -l)" 8
}
on_each_backend_as 'root user userns' 'eight processes get, write and put one layer'

scenario() {
	local i
	store_with_layers
	for i in $(seq 10); do
		(
			shale create --rw --parent app "own$i" >/dev/null && path=$(shale get "own$i") &&
				echo "$i" >"$path/file" && shale put "own$i" &&
				[ "$(shale changes "own$i")" = 'A /file' ] && shale rm "own$i" || echo "$i" >>failed
		) &
		(shale create "same" >>made 2>/dev/null) &
	done
	wait
	assert_absent failed
	assert_eq "$(cat made)" same 'made once'
	assert_eq "$(shale ls | grep -c own || :)" 0
}
on_each_backend_as 'root user userns' 'ten processes make, use and remove layers of their own'

scenario() {
	local path
	store_with_layers
	path=$(shale get rw)
	echo data >"$path/data"
	# The mount is unmounted without the store's knowledge.
	umount "$path"
	shale cleanup >/dev/null
	path=$(shale get rw)
	is_mounted "$path"
	assert_content "$path/data" data
	shale put rw
}
on_each_backend_as 'root user userns' 'a mount that was unmounted by hand is made again'
