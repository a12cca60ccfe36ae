#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Redirects and metacopies in layers. One backend makes them, the other mounts them, and `convert`
# removes them. Both backends must show the same tree, or refuse with a remedy.
. "${0%/*}/lib.sh"

# Makes a writable layer with $option, whose mounts make redirects or metacopies: renames
# directories and files, and changes modes.
make_featured() { # ID
	local merged
	shale create --rw --parent app --opt "$option=on" "$1" >/dev/null
	merged=$(shale get "$1")
	chmod 640 "$merged/etc/one"
	chown 3:4 "$merged/usr/bin/tool"
	perl -e 'rename($ARGV[0], $ARGV[1]) or die "rename: $!\n"' "$merged/usr" "$merged/moved"
	perl -e 'rename($ARGV[0], $ARGV[1]) or die "rename: $!\n"' "$merged/moved/bin" "$merged/bin"
	mv "$merged/etc/one" "$merged/etc/uno"
	rm "$merged/bin/alias"
	echo new >"$merged/bin/new"
	mkdir "$merged/usr"
	tree "$merged" >wanted
	shale put "$1"
}

marked() { # MARK DIR: prints how many files have MARK
	getfattr -R -h -P --absolute-names -m "^$overlay_xattr\.$1\$" "$2" 2>/dev/null | grep -c '^# file' || :
}

show() { # ID
	local merged
	merged=$(shale get "$1")
	tree "$merged"
	shale put "$1"
}

scenario() {
	local mark=redirect maker=$backend reader
	store_with_layers
	make_featured made
	[ "$option" = redirect_dir ] || mark=metacopy
	[ "$(marked $mark home/made/diff)" -gt 0 ]
	for reader in kernel fuse; do
		backend=$reader
		show made | diff wanted -
	done
	backend=$maker
	shale create --rw --parent made above >/dev/null
	shale create --parent above top >/dev/null
	for reader in kernel fuse; do
		backend=$reader
		show above | diff wanted -
		show top | diff wanted -
	done
	assert_clear_error 'shale convert' shale diff made
	backend=$maker
	shale get top >/dev/null
	assert_clear_error "layer 'top' is mounted" shale convert made
	shale put top
	shale convert made
	assert_eq "$(marked redirect home/made/diff)$(marked metacopy home/made/diff)" 00
	assert_no_rubbish
	for reader in kernel fuse; do
		backend=$reader
		show made | diff wanted -
		show top | diff wanted -
	done
	shale convert above
	shale diff made >diff.tar
	shale create --parent app again >/dev/null
	shale apply again diff.tar >/dev/null
	show again | diff wanted -
}
for option in redirect_dir metacopy; do
	on_each_backend "marks of $option are read by both backends, and converted"
done

scenario() {
	store_with_layers
	local merged
	merged=$(shale get rw)
	assert_op "$merged" 'rename path=usr path2=moved' EXDEV
	chmod 640 "$merged/etc/one"
	shale put rw
	assert_eq "$(marked redirect home/rw/diff)$(marked metacopy home/rw/diff)" 00
	shale convert rw
	assert_eq "$(stat -c %a home/rw/diff/etc/one)" 640
	assert_content home/rw/diff/etc/one one
	assert_clear_error 'only read-write' shale create --opt metacopy=on plain
	assert_clear_error 'not on or off' shale create --rw --opt metacopy=yes plain
}
on_each_backend_as 'root userns' 'without the option no redirect and no metacopy is made, and convert changes nothing'

# In a user namespace the kernel neither makes nor follows redirects and metacopies.
scenario() {
	[ "$(wc -l </proc/self/uid_map)" -gt 1 ] || skip 'one id only'
	store_with_layers
	option=metacopy backend=fuse
	make_featured made
	[ "$(marked metacopy home/made/diff)" -gt 0 ]
	show made | diff wanted -
	backend=kernel
	assert_clear_error 'shale convert' shale get made
	shale create --rw --parent made above >/dev/null
	assert_clear_error '(on made)' shale get above
	shale get rw >/dev/null
	shale put rw
	shale convert made
	shale convert above
	show made | diff wanted -
	show above | diff wanted -
}
once_as 'userns' 'a layer that a user namespace cannot mount is refused with the remedy, and converted'
