#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Layers from an untrusted author: their xattrs lead only into the layers, and a malformed xattr fails
# as it does for the kernel.
. "${0%/*}/lib.sh"

lowers=top:lower # the store adds a layer "last" below these

# Makes the directories to which the redirects in top/ could lead.
lower_tree() {
	local name
	# One directory for each redirect that leads somewhere: the kernel shows no directory at two
	# places (ESTALE).
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
# Table of redirects: number, the redirect of a directory, and the names that the mount shows, or
# the error. The answers are the kernel's.
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

# Table of redirects of metacopies: the redirect, and the content that the mount shows, or the
# error.
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

# Runs COMMAND for each line of a table, with its number, for a file or directory of top/.
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
	# Do the same with an upper layer that has the redirects, and change it.
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
on_each_backend_as 'root user' 'redirects lead to nothing but the layers'

# The kernel does not follow redirects in user. xattrs.
only_backend=fuse on_each_backend_as 'user userns' 'redirects lead to nothing but the layers, for users too'

# A mount without redirect_dir does not follow a redirect.
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
on_each_backend_as 'root plain userns' 'a mount without redirect_dir follows no redirect'

# Bad redirects on the path of another redirect, and in layers that others hide.
scenario() {
	lower_tree
	mkdir -p top/a top/b lower/way/x lower/b last/way/x last/plain
	setfattr -n "$overlay_xattr.redirect" -v /way/x top/a
	setfattr -n "$overlay_xattr.redirect" -v .. lower/way
	setfattr -n "$overlay_xattr.redirect" -v .. lower/b
	setfattr -n "$overlay_xattr.redirect" -v .. last/plain # .. leads to the root, and no directory is below it
	mkdir top/hidden lower/hidden
	touch lower/hidden/x
	setfattr -n "$overlay_xattr.opaque" -v y top/hidden
	setfattr -n "$overlay_xattr.redirect" -v .. top/hidden
	mount_merged redirect_dir=on
	assert_fails 'Permission denied' ls merged/a
	assert_fails 'Permission denied' ls merged/b
	assert_names merged/plain ''
	assert_names merged/hidden ''
	# Redirects between layers that form a loop must not be followed for ever.
	umount_merged
	mkdir top/loop lower/again last/loop
	touch last/loop/end
	setfattr -n "$overlay_xattr.redirect" -v /again top/loop
	setfattr -n "$overlay_xattr.redirect" -v /loop lower/again
	mount_merged redirect_dir=on
	assert_names merged/loop end
}
on_each_backend_as 'root user' 'redirects in the middle of a stack do not lead out of it'

metacopy() { # FILE [VALUE]
	setfattr -n "$overlay_xattr.metacopy" ${2:+-v "$2"} "$1"
}

# The file is marked as one without data, so its own data are ignored.
scenario() {
	local name
	lowers=top:lower:last
	mkdir top last
	for name in dense zeros empty short; do
		printf data >lower/$name
	done
	echo lies >top/dense
	head -c 5000 /dev/zero >top/zeros
	fallocate -l 4096 top/alloc
	: >top/empty
	truncate -s 4 top/short
	echo lies >top/lost
	truncate -s 100 top/gone last/last
	echo lies >last/dense2
	mkdir lower/gone
	for name in top/* last/*; do
		metacopy "$name"
	done
	metacopy top/short 0x00ff0000 # the kernel checks only the length of the mark
	mount_merged redirect_dir=on,metacopy=on
	assert_content merged/dense data
	assert_eq "$(head -c 4 merged/zeros)" data zeros
	assert_content merged/short data
	assert_eq "$(stat -c %s merged/empty)" 0 empty
	for name in alloc lost gone last dense2; do
		assert_fails 'Input/output error' cat merged/$name
		assert_fails 'Input/output error' stat merged/$name
		assert_fails 'Input/output error' chmod 600 merged/$name
	done
	umount_merged
	metacopy top/dense 0x00
	metacopy top/zeros 0x000400
	mount_merged redirect_dir=on,metacopy=on
	assert_fails 'Input/output error' cat merged/dense
	assert_fails 'Input/output error' cat merged/zeros
	remount
	for name in alloc lost short empty last; do
		assert_fails 'Operation not permitted' cat merged/$name
	done
}
on_each_backend_as 'root user' 'a metacopy never shows data of its own'

# A whiteout hides a name in any directory. The mark of the directory matters only for a listing.
scenario() {
	local name
	mkdir -p top/plain top/marked lower/plain lower/marked upper/plain
	lowers=top:lower
	setfattr -n "$overlay_xattr.opaque" -v x top/marked
	for name in plain marked; do
		echo lower | tee lower/$name/{file,full,other} >/dev/null
		mkdir top/$name/dir
		: >top/$name/file
		echo full >top/$name/full
		setfattr -n "$overlay_xattr.whiteout" -v y top/$name/file top/$name/full top/$name/dir
	done
	echo lower >lower/plain/new
	: >upper/plain/new
	setfattr -n "$overlay_xattr.whiteout" -v y upper/plain/new
	mount_merged
	for name in plain/file marked/file plain/new; do
		assert_fails 'No such file' cat merged/$name
	done
	for name in plain marked; do
		assert_content merged/$name/full full
		assert_content merged/$name/other lower
		assert_names merged/$name/dir ''
	done
	assert_names merged/marked 'dir full other'
	echo new >merged/plain/new
	mkdir merged/plain/file
	remount
	assert_content merged/plain/new new
	assert_eq "$(xattr "$overlay_xattr.whiteout" upper/plain/new)" '' whiteout
	assert_names merged/plain/file ''
}
on_each_backend_as 'root plain userns' 'an xattr whiteout is an empty file, in any directory'

# Hostile layers in a store: no command reads, writes or copies files outside a layer.
scenario() {
	local said words before
	store_with_layers
	shale create --rw --opt redirect_dir=on --opt metacopy=on --parent app bad >/dev/null
	mkdir outside home/bad/diff/dir
	echo classified | tee outside/secret home/secret >/dev/null
	setfattr -n "$overlay_xattr.redirect" -v /../../../outside home/bad/diff/dir
	truncate -s 7 home/bad/diff/file home/bad/diff/other
	metacopy home/bad/diff/file
	setfattr -n "$overlay_xattr.redirect" -v /../../../outside/secret home/bad/diff/file
	metacopy home/bad/diff/other
	setfattr -n "$overlay_xattr.redirect" -v ../../secret home/bad/diff/other
	before=$(tree home/bad/diff)
	for words in 'diff bad' 'diff --parent  bad' 'changes bad' 'changes --parent  bad' 'size bad' 'export bad tar:-' \
		'convert bad' 'commit bad frozen' check 'diff frozen' 'size frozen' 'export frozen tar:-' 'convert frozen'; do
		# shellcheck disable=SC2086 # words
		said=$(shale $words 2>&1 | tr -d '\0') || :
		[[ $said != *classified* ]] || assert_eq "$said" 'nothing of it' "$words"
	done
	assert_clear_error "convert layer 'bad'" shale convert bad
	assert_eq "$(tree home/bad/diff)" "$before" 'the layer after convert'
	if said=$(shale get bad 2>&1); then
		assert_fails 'Permission denied' ls "$said/dir"
		assert_fails 'Permission denied' cat "$said/file"
		assert_fails 'Invalid argument' cat "$said/other"
		assert_fails 'Permission denied' touch "$said/file"
		shale put bad
	fi
	assert_names outside secret
	shale rm bad
}
on_each_backend_as 'root plain' 'no command of the store follows a redirect out of it'
