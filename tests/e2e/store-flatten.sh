#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `flatten`: a writable layer gets the files of layers below it; its view stays, its chain is shorter.
. "${0%/*}/lib.sh"

# Writes one more layer, and leaves it as the parent of the next one.
step() { # PARENT ID: reads commands, which run in the mount
	shale create --rw --parent "$1" "$2" >/dev/null
	(cd "$(shale get "$2")" && . /dev/stdin)
	shale put "$2"
}

# base < s1 < s2 < s3 < s4 < top: whiteouts and opaque directories at each height.
stacked_layers() {
	mkdir -p tree/dir/sub tree/gone tree/swap tree/deep/a/b
	echo 1 | tee tree/dir/one tree/dir/sub/x tree/gone/old tree/swap/low tree/deep/a/b/c tree/file >/dev/null
	setfattr -n user.note -v text tree/dir
	layer_of base '' tree
	step base s1 <<-'END'
		echo s1 >dir/s1
		mkdir plain; echo low >plain/low
		rm -r swap; mkdir swap; echo s1 >swap/s1
		echo linked >names; ln names alias
	END
	step s1 s2 <<-'END'
		rm dir/one
		rm -r gone plain
		echo file >plain
		truncate -s 1M holes
	END
	step s2 s3 <<-'END'
		rm plain; mkdir plain; echo high >plain/high
		mkdir gone; echo new >gone/new
		rm swap/s1; echo s3 >swap/s3
		rm -r deep/a
		chmod 700 dir; touch -d @1000000000 dir
	END
	step s3 s4 <<-'END'
		mkdir deep/a; echo s4 >deep/a/c
		rm alias
		mkfifo pipe; ln -s dir/s1 link
	END
	step s4 top <<-'END'
		echo top >file
		rm -r dir/sub
		touch -d @1000000001 .
	END
}

lowers_of() { # ID
	tr : '\n' <"home/$1/lower" | grep -c .
}

seen() { # ID
	tree "$(shale get "$1")"
	shale put "$1"
}

scenario() {
	local before inode time
	stacked_layers
	before=$(seen top)
	time=$(mtime home/top/diff/dir)
	inode=$(inode home/top/diff/file)
	assert_eq "$(shale flatten --down-to base top)" 4
	assert_eq "$(seen top)" "$before"
	assert_eq "$(lowers_of top)" 1
	assert_eq "$(shale inspect top | sed -n 's/^Parent: *//p')" base
	assert_eq "$(inode home/top/diff/file)" "$inode" 'a file of the layer itself is not copied'
	assert_eq "$(mtime home/top/diff/dir)" "$time"
	shale check
	assert_no_rubbish
	# The layers in between still exist, and can be removed now.
	for id in s4 s3 s2 s1; do shale rm "$id"; done
	assert_eq "$(seen top)" "$before"
	assert_eq "$(shale flatten top)" 1 'without an image nothing is kept below'
	assert_eq "$(seen top)" "$before"
	[ ! -e home/top/lower ]
	assert_eq "$(find home/top/diff -type c)" '' 'whiteouts that hide nothing'
	assert_eq "$(getfattr -R -h -d -m overlay.opaque home/top/diff 2>/dev/null)" ''
	assert_eq "$(shale flatten top)" 0
	shale check
	shale rm base
}
on_each_backend_as 'root userns' 'flatten keeps the view, down to a layer and down to nothing'

scenario() {
	stacked_layers
	shale flatten --down-to s2 top >/dev/null
	echo later | tee "$(shale get top)/names" >/dev/null
	shale put top
	assert_content home/s1/diff/names linked 'a layer that stays does not change'
	assert_eq "$(seen s4 | grep -c alias)" 0
	assert_eq "$(lowers_of s4)" 4
	shale check
}
on_each_backend 'layers that were merged stay as they are'

scenario() {
	store_with_layers
	shale export app "oci:$PWD/out:app" >/dev/null
	shale import "oci:$PWD/out:app" image >/dev/null
	step image r1 <<<'echo 1 >one'
	step r1 r2 <<<'echo 2 >two'
	shale commit --move r2 r2 >/dev/null
	step r2 top <<<'rm one'
	assert_eq "$(shale flatten top)" 2
	assert_eq "$(shale inspect top | sed -n 's/^Parent: *//p')" "$(shale inspect image | sed -n 's/^Top: *//p')"
	assert_eq "$(shale changes top)" 'A /two'
	assert_clear_error 'immutable' shale flatten r1
	assert_clear_error 'no ancestor' shale flatten --down-to rw top
	assert_clear_error 'no such layer' shale flatten nobody
	shale get rw >/dev/null
	assert_clear_error 'is mounted' shale flatten rw
	shale put rw
	shale create --rw --parent app --opt redirect_dir=on moved >/dev/null
	assert_clear_error 'redirects' shale flatten --down-to base moved
	shale check
}
once_as root 'flatten stops at an image, and refuses what it cannot merge'
