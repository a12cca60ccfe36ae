#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# changes, diff and size against every ancestor, with the answers that Docker's overlay2 gives: A, C and D.
. "${0%/*}/lib.sh"

# bottom < middle < top (writable, mounted by the backend)
three_layers() {
	local path
	mkdir -p t1/dir/sub t1/gone/deep t1/swap t2/dir t2/new
	echo 1 | tee t1/dir/a t1/dir/b t1/dir/sub/c t1/gone/deep/x t1/swap/old t1/same >/dev/null
	echo 22 | tee t2/dir/a t2/new/m >/dev/null
	touch t2/gone.wh t2/.wh.gone
	rm t2/gone.wh
	touch -d @1000000000 t1/dir/* t1/dir/sub t1/dir t1/gone t1/same t2/dir/a
	layer_of bottom '' t1
	layer_of middle bottom t2
	shale create --rw --parent middle top >/dev/null
	path=$(shale get top)
	echo 333 >"$path/dir/b"
	chmod 600 "$path/dir/sub/c"
	rm -r "$path/new" "$path/swap"
	mkdir "$path/swap" "$path/gone"
	echo back >"$path/gone/y"
	echo fresh >"$path/swap/fresh"
	shale put top
}

scenario() {
	three_layers
	assert_eq "$(shale changes top)" 'C /dir
C /dir/b
C /dir/sub
C /dir/sub/c
A /gone
A /gone/y
D /new
C /swap
A /swap/fresh
D /swap/old'
	assert_eq "$(shale changes --parent bottom top)" 'C /dir
C /dir/a
C /dir/b
C /dir/sub
C /dir/sub/c
C /gone
D /gone/deep
A /gone/y
C /swap
A /swap/fresh
D /swap/old'
	assert_eq "$(shale changes --parent bottom middle)" "$(shale changes middle)"
	assert_eq "$(shale changes --parent '' top | cut -c1 | sort -u)" A
	assert_eq "$(shale changes --parent '' top | wc -l)" 10
	assert_eq "$(shale size top) $(shale size --parent bottom top)" '17 20'
	assert_eq "$(shale size --parent '' top)" 22
	assert_clear_error 'no ancestor' shale changes --parent top middle
}
on_each_backend_as 'root user userns' 'A, C and D against each ancestor'

# A diff has no entry for the root if only names in it have changed: the root of a copy has an older
# time.
without_root() {
	grep -v ' \./$'
}

scenario() {
	local ancestor
	three_layers
	shale --backend auto export top tar:whole.tar
	for ancestor in middle bottom ''; do
		shale create ${ancestor:+--parent "$ancestor"} "copy$ancestor" >/dev/null
		shale diff --parent "$ancestor" top | shale apply "copy$ancestor" >/dev/null
		shale export "copy$ancestor" tar:copy.tar
		diff <(tar_list whole.tar | without_root) <(tar_list copy.tar | without_root)
	done
	shale check
}
on_each_backend_as 'root user userns' 'the diff against an ancestor, applied to it, gives the same tree'
