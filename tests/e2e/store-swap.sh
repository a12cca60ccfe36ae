#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Does the same work on both backends, and compares.
. "${0%/*}/lib.sh"

with() { # kernel|fuse COMMAND...
	local backend=$1
	shift
	shale "$@"
}

work_in() { # DIR
	(
		cd "$1" || exit
		echo new >etc/new
		echo more >>srv/page
		rm etc/one usr/link
		rm -r usr/bin
		mkdir usr/bin var
		cp -a etc/two usr/bin/two
		ln srv/page srv/hard
		ln -s ../etc/new srv/soft
		mkfifo srv/fifo
		chmod 1777 var
		mv etc/two etc/three
		setfattr -n user.note -v value etc/three
		truncate -s 1M srv/holes
		echo end >>srv/holes
		mkdir -p deep/er
		rm -r deep
		[ "$kind" != root ] || chown -R 1000:2000 srv
		find . -newermt '2020-01-01' -exec touch -h -d @1500000000 {} +
	)
}

scenario() {
	local b path
	[ -x "$SHALE_FUSE" ] || skip "no program $SHALE_FUSE"
	backend=kernel store_with_layers
	touch -d @1000000000 home/{base,app}/diff/{.,*,usr/bin} 2>/dev/null || :
	for b in kernel fuse; do
		with $b create --rw --parent app "on-$b" >/dev/null
		path=$(with $b get "on-$b")
		work_in "$path"
		tree "$path" >"$b.tree"
		with $b put "on-$b"
		with $b changes "on-$b" >"$b.changes"
		with $b size "on-$b" >"$b.size"
		with $b diff "on-$b" >"$b.tar"
	done
	diff kernel.tree fuse.tree
	diff kernel.changes fuse.changes
	diff kernel.size fuse.size
	tar_list kernel.tar >kernel.list
	tar_list fuse.tar >fuse.list
	diff kernel.list fuse.list
	cmp kernel.tar fuse.tar
	# Each layer through the other backend.
	tree "$(with fuse get on-kernel)" >kernel.swapped
	tree "$(with kernel get on-fuse)" >fuse.swapped
	with fuse put on-kernel
	with kernel put on-fuse
	diff kernel.tree kernel.swapped
	diff kernel.tree fuse.swapped
}
once_as 'root userns' 'each backend gives the same tree, changes, size and tar, also with the mounts swapped'

scenario() {
	local path
	[ -x "$SHALE_FUSE" ] || skip "no program $SHALE_FUSE"
	backend=auto store_with_layers
	for backend in kernel fuse kernel fuse; do
		path=$(shale get rw)
		echo "$backend" >>"$path/log"
		rm -rf "$path/etc"
		mkdir "$path/etc"
		echo "$backend" >"$path/etc/$backend"
		shale put rw
	done
	path=$(backend=kernel shale get rw)
	assert_content "$path/log" "$(printf 'kernel\nfuse\nkernel\nfuse')"
	assert_names "$path/etc" fuse
	shale put rw
	shale status >seen
	grep -qi backend seen
}
once_as 'root userns' 'both backends continue work in one layer in turn'
