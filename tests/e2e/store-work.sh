#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A layer through its life: create, get, work, put, diff, commit, remove.
. "${0%/*}/lib.sh"

scenario() {
	local path
	store_with_layers
	path=$(shale get rw)
	assert_eq "$path" "$PWD/home/rw/merged"
	is_mounted "$path"
	assert_names "$path" 'etc srv usr'
	assert_content "$path/etc/two" changed
	assert_content "$path/etc/one" one
	echo new >"$path/etc/new"
	echo more >>"$path/srv/page"
	rm "$path/etc/one" "$path/usr/link"
	mkdir "$path/var"
	chmod 700 "$path/usr/bin/tool"
	shale put rw
	assert_absent "$path"
	assert_eq "$(shale changes rw)" "$(printf '%s\n' 'C /etc' 'A /etc/new' 'D /etc/one' \
		'C /srv' 'C /srv/page' 'C /usr' 'C /usr/bin' 'C /usr/bin/tool' 'D /usr/link' 'A /var')"
	assert_eq "$(shale size rw)" $((4 + 12 + 5))
	shale diff rw >diff.tar
	assert_eq "$(tar tf diff.tar | sed 's,^\./,,; s,/$,,' | grep -v '^$' | LC_ALL=C sort | tr '\n' ' ')" \
		'etc etc/.wh.one etc/new srv srv/page usr usr/.wh.link usr/bin usr/bin/tool var '
	path=$(shale get rw)
	assert_content "$path/srv/page" "$(printf 'served\nmore')"
	shale put rw
}
on_each_backend_as 'root user userns' 'work in a writable layer shows in changes, size and diff, and is there again'

scenario() {
	local path
	store_with_layers
	path=$(shale get rw)
	echo kept >"$path/kept"
	rm -r "$path/usr"
	shale put rw
	assert_eq "$(shale commit rw frozen)" frozen
	shale exists frozen
	shale create --rw --parent frozen next >/dev/null
	path=$(shale get next)
	assert_content "$path/kept" kept
	assert_names "$path" 'etc kept srv'
	assert_fails 'Read-only' touch "$(shale get frozen)/x"
	shale put frozen
	shale put next
	# The committed layer does not depend on the writable one.
	shale rm rw
	path=$(shale get next)
	assert_content "$path/kept" kept
	shale put next
	shale rm next frozen app base
	assert_eq "$(shale ls | grep -cE 'base|app|rw|frozen|next' || :)" 0
}
on_each_backend_as 'root user userns' 'a writable layer is committed, gets children, and all are removed'

scenario() {
	local path
	store_with_layers
	path=$(shale get rw)
	rm -r "$path/etc" "$path/usr/bin"
	mkdir "$path/etc"
	echo only >"$path/etc/only"
	mknod "$path/etc/fifo" p
	ln "$path/etc/only" "$path/etc/hard"
	setfattr -n user.note -v x "$path/etc/only"
	shale put rw
	shale diff rw >diff.tar
	shale create --parent app copy >/dev/null
	shale apply copy diff.tar >/dev/null
	assert_same_tree "$(shale get rw)" "$(shale get copy)"
	shale put rw
	shale put copy
	# Does the same for the whole tree at once, without a parent.
	shale diff --parent '' rw >all.tar
	shale create flat >/dev/null
	shale apply flat all.tar >/dev/null
	assert_same_tree "$(shale get rw)" "$(shale get flat)"
	shale put rw
	shale put flat
}
on_each_backend_as 'root user userns' 'a diff applied to another layer gives the same tree'

scenario() {
	local path
	shale create alone >/dev/null
	tar -cf - -C lower . | shale apply alone >/dev/null
	path=$(shale get alone)
	assert_eq "$path" "$PWD/home/alone/diff"
	refute is_mounted "$path"
	shale put alone
	shale put alone
	shale exists alone
	refute shale exists nobody
	shale inspect alone >seen
	grep -q UpperDir seen
}
on_each_backend_as 'root userns' 'a layer without a parent is its own view'

scenario() {
	store_with_layers
	path=$(shale get base)
	is_mounted "$path"
	assert_eq "$(stat -c '%a %F' "$path/etc" "$path/etc/one" | tr '\n' ' ')" '755 directory 644 regular file '
	assert_fails 'Read-only file system' touch "$path/new"
	shale put base
	shale create --rw alone >/dev/null
	path=$(shale get alone)
	mknod "$path/fifo" p
	shale put alone
	shale diff alone | tar -tv | grep -q ^p
}
on_each_backend_as user 'a layer without a parent is mounted too if owners are kept in xattrs'

scenario() {
	store_with_layers
	mkdir elsewhere
	shale mount rw elsewhere
	is_mounted elsewhere
	echo new >elsewhere/new
	shale umount elsewhere
	refute is_mounted elsewhere
	assert_eq "$(shale changes rw)" 'A /new'
}
on_each_backend_as 'root user userns' 'a layer is mounted at any directory'

scenario() {
	local path
	store_with_layers
	rm "home/l/$(cat home/base/link)"
	path=$(shale get rw)
	assert_content "$path/etc/one" one
	shale put rw
	rm "home/l/$(cat home/base/link)"
	mv home/base gone
	assert_clear_error "its parent is lost: layer 'base'" shale get rw
	mv gone home/base
	shale get rw >/dev/null
	shale put rw
	assert_eq "$(shale check)" ''
}
on_each_backend_as 'root user userns' 'a lost link of a lower layer is made again'

scenario() {
	local i parent=
	mkdir tree
	for i in $(seq 60); do
		rm -rf tree/*
		echo "$i" >"tree/f$i"
		echo "$i" >tree/shared
		layer_of "layer$i" "$parent" tree
		parent=layer$i
	done
	shale create --rw --parent "$parent" top >/dev/null
	path=$(shale get top)
	assert_content "$path/shared" 60
	assert_eq "$(find "$path" -name 'f*' | wc -l)" 60
	echo new >"$path/f1"
	rm "$path/f2"
	shale put top
	assert_eq "$(shale changes top)" "$(printf '%s\n' 'C /f1' 'D /f2')"
}
on_each_backend_as 'root user userns' 'sixty layers deep'

scenario() {
	mkdir tree
	for i in $(seq 300); do echo "$i" >"tree/$i"; done
	tar -C tree -cf tree.tar .
	shale create few >/dev/null
	(ulimit -n 40 && shale apply few tree.tar >/dev/null)
	diff -r tree home/few/diff
	shale check
}
once_as 'root userns' 'a process with few descriptors can apply a layer'
