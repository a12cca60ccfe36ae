#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Failing commands: each prints one clear line, and changes nothing.
. "${0%/*}/lib.sh"

# Lists all names in the store, except those of work in progress.
store_names() {
	find home -path home/staging -prune -o -path home/trash -prune -o -printf '%p %s %y\n' | LC_ALL=C sort
}

refused() { # WORDS COMMAND...
	store_names >before
	assert_clear_error "$@"
	store_names >after
	diff before after
	assert_no_rubbish
}

scenario() {
	store_with_layers
	refused nobody shale get nobody
	refused nobody shale rm nobody
	refused nobody shale inspect nobody
	refused nobody shale diff nobody
	refused nobody shale changes nobody
	refused nobody shale size nobody
	refused nobody shale commit nobody new
	refused nobody shale apply nobody /dev/null
	refused nobody shale create --parent nobody child
	refused nobody shale create --rw --parent nobody child
	refused nobody shale diff --parent nobody app
	assert_absent home/child home/new
}
on_each_backend_as 'root user userns' 'an unknown id, a missing parent'

scenario() {
	store_with_layers
	refused app shale create app
	refused app shale create --rw --parent base app
	refused app shale commit rw app
	refused '' shale create ../evil
	refused '' shale create .hidden
	refused '' shale create staging
	refused '' shale create ''
	refused '' shale create l
	refused '' shale create "$(printf '%0200d' 1)"
	assert_absent ../evil home/.hidden
}
on_each_backend_as 'root user userns' 'an id that is taken, an id that cannot be'

scenario() {
	local path
	store_with_layers
	path=$(shale get rw)
	refused app shale rm base
	refused rw shale rm app
	refused '' shale rm rw
	refused '' shale apply base /dev/null
	(
		cd "$path" || exit
		assert_clear_error unmount shale_in ../../.. put rw
	)
	is_mounted "$path"
	assert_content "$path/etc/one" one
	shale put rw
	assert_absent "$path"
	shale rm rw
}
on_each_backend_as 'root user userns' 'a busy layer, and layers that others need'

scenario() {
	store_with_layers
	shale create target >/dev/null
	head -c 100000 /dev/urandom >tree1/big
	tar -C tree1 -cf good.tar .
	gzip -k good.tar
	head -c 50000 good.tar >half.tar
	head -c 50000 good.tar.gz >half.tar.gz
	head -c 5000 /dev/urandom >noise
	refused target shale apply target half.tar
	refused target shale apply target half.tar.gz
	refused target shale apply target noise
	refused '' shale apply target ./missing.tar
	assert_names home/target/diff ''
	shale apply target good.tar.gz >/dev/null
	cmp tree1/big home/target/diff/big
	refused target shale apply target half.tar
	cmp tree1/big home/target/diff/big
	shale apply target good.tar >/dev/null
}
on_each_backend_as 'root user userns' 'a tar that is cut off, or none at all'

scenario() {
	local status wrong=('' nonsense 'create' 'create a b' 'get' 'get --nonsense x' 'rm' 'commit a'
		'--nonsense ls' '--backend nonsense ls')
	for words in "${wrong[@]}"; do
		status=0
		# shellcheck disable=SC2086
		"$SHALE" --home "$PWD/home" --run "$PWD/run" $words >out 2>err || status=$?
		assert_eq "$status" 2 "exit status of: shale $words"
		[ -s err ]
		[ ! -s out ]
	done
	"$SHALE" --help >help
	grep -q create help
	"$SHALE" create --help >help
	grep -q parent help
}
once_as root 'wrong usage is status 2 and says how'

scenario() {
	store_with_layers
	truncate -s 8G hole
	tar -cSf sparse.tar hole
	touch a b
	setfattr -n user.x -v 12345678 a
	setfattr -n user.y -v 12345678 a
	tar --xattrs -cf two.tar a b
	head -c 4M /dev/zero | tr '\0' 0 >zeros
	tar -czf bomb.tar.gz zeros
	shale create small >/dev/null
	SHALE_MAX_BYTES=1G refused hole shale apply small sparse.tar
	SHALE_MAX_ENTRIES=1 refused entries shale apply small two.tar
	SHALE_MAX_XATTRS=1 refused 'than 1 xattrs' shale apply small two.tar
	SHALE_MAX_XATTR_BYTES=20 refused 'than 20 bytes' shale apply small two.tar
	SHALE_MAX_RATIO=50 refused 'than 50 times' shale apply small bomb.tar.gz
	SHALE_MAX_BYTES=lots refused SHALE_MAX_BYTES shale apply small two.tar
	assert_eq "$(ls -A home/small/diff)" ''
	shale check
	SHALE_MAX_BYTES=9G SHALE_MAX_ENTRIES=2 shale apply small two.tar >/dev/null
}
once_as root 'a stream over a limit is refused, and leaves the store unchanged'

scenario() {
	local said status=0
	store_with_layers
	said=$(shale get rw 2>&1 >/dev/full) || status=$?
	assert_eq "$status" 1 'exit status of a get that nobody heard of'
	assert_eq "$said" 'shale: write to standard output: No space left on device'
	assert_absent home/rw/merged
	shale rm rw
}
on_each_backend_as 'root user userns' 'a get whose answer cannot be printed is undone'

# Only commands that put something into a store make one.
scenario() {
	local said words reading=(status ls tree images du check gc cleanup stats 'exists x' 'inspect x' 'get x' 'put x'
		'rm x' 'changes x' 'diff x' 'size x' 'history x' 'tag x y' 'export x tar:-' 'apply x /dev/null')
	mkdir empty
	for words in "${reading[@]}"; do
		# shellcheck disable=SC2086
		assert_clear_error 'there is none' "$SHALE" --home none --run run $words
		# shellcheck disable=SC2086
		assert_clear_error 'there is none' "$SHALE" --home empty --run run $words
	done
	said=$("$SHALE" --home none --run run ls 2>&1) || true
	[[ $said == *"make it with 'shale init'"* ]]
	assert_absent none
	assert_absent run
	assert_eq "$(ls -A empty)" '' 'names in an empty directory'
	"$SHALE" --home none --run run create x >/dev/null
	"$SHALE" --home none --run run exists x
}
once_as 'root user' 'a command that reads makes no store where there is none'

# Another user's directory, as this user sees it.
scenario() {
	store_with_layers
	mkdir other
	chown 12345 other
	assert_clear_error 'it belongs to user 12345' "$SHALE" --home other --run run create x
	assert_eq "$(stat -c %a other)" 755 'its mode'
	chown 12345 home
	assert_clear_error 'it belongs to user 12345' shale ls
	assert_clear_error 'it belongs to user 12345' shale rm rw
	mount --bind home home
	mount -o remount,bind,ro home
	shale ls | grep -q '^rw '
	umount home
	chown 0 home
	chmod 777 home
	assert_clear_error 'others may write to it' shale ls
	chmod 700 home
	shale rm rw
}
only_backend=kernel on_each_backend_as root 'a store that another user could change is refused, unless its filesystem is read-only'

scenario() {
	[ "$ids" != one ] || skip 'one id only'
	store_with_layers
	chown 5 home
	assert_clear_error 'it belongs to user 5' shale ls
	chown 0 home
	shale rm rw
}
only_backend=fuse on_each_backend_as userns 'root of a user namespace owns what is owned by its own id there'
