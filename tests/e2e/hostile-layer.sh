#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Layers that a stranger made: what their xattrs say leads nowhere but into the layers, and what is
# no answer fails as it does for the kernel.
. "${0%/*}/lib.sh"

lowers=top:lower # and below these, "last"

# What redirects of top/ could lead to.
lower_tree() {
	local name
	# One for each redirect that leads somewhere: the kernel shows none twice (ESTALE).
	for name in real real1 real2; do
		mkdir -p "lower/$name/sub" "last/$name"
		echo lower >"lower/$name/f"
		echo last >"last/$name/g"
	done
	mkdir -p top lower/opaque/x outside/dir
	echo data | tee lower/file lower/file1 >/dev/null
	echo secret >outside/dir/secret
	echo secret >outside/secret
	ln -s real lower/link
	ln -s "$PWD/outside" lower/out
	mkfifo lower/fifo
	mkdir -p last/opaque/x/deep
	setfattr -n "$overlay_xattr.opaque" -v y lower/opaque
	[ "$kind" = userns ] || mknod lower/white c 0 0
	lowers=top:lower:last
}

long=$(printf 'a%.0s' {1..300})
# The redirect of a directory, and the names that are shown, or the error. The kernel's answers.
directories='
..|Permission denied
.|Permission denied
|Invalid argument
/|Invalid argument
//|Invalid argument
/..|Permission denied
/../../../../../../../etc|Permission denied
/../outside/dir|Permission denied
/real/../real|Permission denied
/real/.|Permission denied
/./real|Permission denied
/real/..|Permission denied
//real|Invalid argument
/real/|Invalid argument
/real//sub|Invalid argument
../outside|Invalid argument
./real|Invalid argument
0x00|Permission denied
0x2f00|Invalid argument
0x2f7265616c002f2e2e|f g sub
real1|f g sub
/real2|f g sub
/link|
link|
/link/sub|
/out|
/out/dir|
out|
/file|
/file/x|
/fifo|
/missing/../real|
/missing|
/opaque/x|
/real/sub|
...|
/..x|
LONG|
/LONG/..|'

# Of a file without data of its own: what is read, or the error.
files='
..|Permission denied
.|Permission denied
|Invalid argument
/|Invalid argument
/..|Permission denied
/../outside/secret|Permission denied
/real/../file|Permission denied
/file/|Invalid argument
0x00|Permission denied
file|data
/file1|data
/real/f|lower
/file/x|Input/output error
/real|Input/output error
/link|Input/output error
/out/secret|Input/output error
/fifo|Input/output error
/missing|Input/output error
LONG|Input/output error'

# One thing of top/ for each line of a table, called by its number.
each_line() { # TABLE COMMAND
	local value answer n=0
	while IFS='|' read -r value answer; do
		[ $n = 0 ] || "$2" "$n" "${value/LONG/$long}" "$answer"
		n=$((n + 1))
	done <<<"$1"
}

make_directory() { # NUMBER VALUE ANSWER
	mkdir "top/dir$1"
	setfattr -n "$overlay_xattr.redirect" -v "$2" "top/dir$1"
}

make_file() { # NUMBER VALUE ANSWER
	truncate -s 5 "top/file$1"
	setfattr -n "$overlay_xattr.metacopy" "top/file$1"
	setfattr -n "$overlay_xattr.redirect" -v "$2" "top/file$1"
}

answers() { # WORDS COMMAND...
	local words=$1 seen
	shift
	seen=$("$@" 2>&1 | tr '\n' ' ') || :
	seen=${seen% }
	case $seen in
	*": $words") seen=$words ;;
	esac
	assert_eq "$seen" "$words" "$*"
}

check_directory() { # NUMBER VALUE ANSWER
	answers "$3" ls -A "merged/dir$1" || { echo "  of the redirect '$2'" && return 1; }
}

check_file() { # NUMBER VALUE ANSWER
	answers "$3" cat "merged/file$1" || { echo "  of the redirect '$2'" && return 1; }
}

scenario() {
	lower_tree
	each_line "$directories" make_directory
	each_line "$files" make_file
	mount_merged redirect_dir=on,metacopy=on
	each_line "$directories" check_directory
	each_line "$files" check_file
	# The same from the upper layer, and what is asked to change it.
	umount_merged
	rm -r upper
	mv top upper
	mkdir top
	mount_merged redirect_dir=on,metacopy=on
	each_line "$directories" check_directory
	each_line "$files" check_file
	assert_fails 'Permission denied' rmdir merged/dir1
	assert_fails 'Permission denied' mv merged/dir1 merged/dir
	assert_fails 'Permission denied' chmod 700 merged/dir6
	assert_fails 'Permission denied' touch merged/dir6/x
	assert_content outside/secret secret
	assert_names outside 'dir secret'
}
on_each_backend 'redirects lead to nothing but the layers'

# The kernel follows none of a user's.
only_backend=fuse on_each_backend_as 'user userns' 'redirects lead to nothing but the layers, for users too'

# What the mount does when nobody asked for redirects.
scenario() {
	local answer='Permission denied'
	[ "$kind" = root ] || answer='Operation not permitted'
	lower_tree
	make_directory 1 /../outside/dir
	make_directory 2 ..
	mkdir -p top/dir3 lower/dir3/sub
	setfattr -n "$overlay_xattr.redirect" -v /real top/dir3
	setfattr -n "$overlay_xattr.redirect" -v .. lower/real/sub
	mount_merged
	assert_fails "$answer" ls merged/dir1
	assert_fails "$answer" ls merged/dir2
	assert_fails "$answer" ls merged/dir3/sub
	assert_fails "$answer" ls merged/real/sub
}
on_each_backend_as 'root userns' 'the same by default options'

# On the way of another redirect, and in layers that others hide.
scenario() {
	lower_tree
	mkdir -p top/a top/b lower/way/x lower/b last/way/x last/plain
	setfattr -n "$overlay_xattr.redirect" -v /way/x top/a
	setfattr -n "$overlay_xattr.redirect" -v .. lower/way
	setfattr -n "$overlay_xattr.redirect" -v .. lower/b
	setfattr -n "$overlay_xattr.redirect" -v .. last/plain # below it lies nothing
	mkdir top/hidden lower/hidden
	touch lower/hidden/x
	setfattr -n "$overlay_xattr.opaque" -v y top/hidden
	setfattr -n "$overlay_xattr.redirect" -v .. top/hidden
	mount_merged redirect_dir=on
	assert_fails 'Permission denied' ls merged/a
	assert_fails 'Permission denied' ls merged/b
	assert_names merged/plain ''
	assert_names merged/hidden ''
	# A loop from layer to layer has an end.
	umount_merged
	mkdir top/loop lower/again last/loop
	touch last/loop/end
	setfattr -n "$overlay_xattr.redirect" -v /again top/loop
	setfattr -n "$overlay_xattr.redirect" -v /loop lower/again
	mount_merged redirect_dir=on
	assert_names merged/loop end
}
on_each_backend 'redirects in the middle of a stack lead out of it no more than others'
