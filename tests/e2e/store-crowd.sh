#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Many processes work at random in one store. SHALE_CROWD_SECONDS: for how long (2); SHALE_CROWD_SEED:
# decides the work.
. "${0%/*}/lib.sh"

# The errors that a command may report when another process has just taken its layer away, or is using it.
refusals='no such layer|is not complete|is immutable|layers on top of it need it|is mounted at|was removed or replaced meanwhile'

# Runs a command that may fail, but only with one of these errors.
try() { # COMMAND...
	local said status=0
	said=$("$@" 2>&1 >"answer.$who") || status=$?
	[ $status = 0 ] && return
	grep -qE "$refusals" <<<"$said" || echo "$*: $status: $said" >>unexpected
	return 1
}

pick() { # WORD...
	local n=$((RANDOM % $#))
	shift $n
	echo "$1"
}

any_layer() {
	local all
	all=$("$SHALE" --home "$PWD/home" --run "$PWD/run" ls | awk 'NR > 1 && $1 ~ /^(app|base|a)/ { print $1 }')
	# shellcheck disable=SC2086 # a word each
	pick base app $all
}

new_layer() {
	local id=a$who.$((n += 1))
	try shale create --parent "$(any_layer)" "$id" || return 0
	try shale apply "$id" "$(pick tree1.tar tree2.tar)"
}

use_layer() {
	local id=w$who.$((n += 1)) path
	try shale create --rw --parent "$(pick app "$(any_layer)")" "$id" || return 0
	if try shale get "$id"; then
		path=$(cat "answer.$who")
		echo "$id" >"$path/mine" && rm -rf "$path/usr" || echo "$id: cannot write" >>unexpected
		[ "$(cat "$path/etc/one")" = one ] || echo "$id: wrong content" >>unexpected
		try shale put "$id" || :
	fi
	if try shale diff "$id"; then
		tar -tf "answer.$who" >"list.$who" && grep -qx mine "list.$who" ||
			echo "$id: wrong diff" >>unexpected
	fi
	[ $((RANDOM % 3)) != 0 ] || try shale commit "$id" "a$id" || :
	try shale rm "$id"
}

share_layer() {
	try shale get shared || return 0
	[ "$(cat "$(cat "answer.$who")/etc/two")" = changed ] || echo 'shared: wrong content' >>unexpected
	try shale put shared
}

worker() { # WHO
	local who=$1 n=0 end=$((SECONDS + ${SHALE_CROWD_SECONDS:-2}))
	RANDOM=$((${SHALE_CROWD_SEED:-1} * 100 + who))
	while [ $SECONDS -lt $end ]; do
		[ "$mixed" = no ] || backend=$(pick kernel fuse)
		case $((RANDOM % 8)) in
		0 | 1) new_layer || : ;;
		2 | 3) use_layer || : ;;
		4) share_layer || : ;;
		5) try shale rm "$(any_layer)" || : ;;
		# Does not run cleanup, which unmounts a counted mount while no process has a file of
		# it open.
		6) try shale "$(pick check gc ls)" || : ;;
		7) try shale changes "$(any_layer)" || : ;;
		esac
	done
	echo "$n" >>done
}

scenario() {
	local i mixed=no
	[ "$backend" = fuse ] || mixed=yes
	store_with_layers
	shale create --rw --parent app shared >/dev/null
	tar -C tree1 -cf tree1.tar . && tar -C tree2 -cf tree2.tar .
	for i in $(seq 16); do worker "$i" & done
	wait
	[ ! -e unexpected ] || assert_eq "$(sort unexpected | head -n 5)" ''
	assert_eq "$(wc -l <done)" 16 'workers that came to their end'
	shale check
	shale gc >/dev/null
	assert_no_rubbish
	assert_eq "$(grep -c "$PWD/home" /proc/self/mounts || :)" 0 'mounts that are left'
	assert_eq "$(shale ls | awk 'NR > 1 && $NF != 0' | wc -l)" 0 'layers that are said to be mounted'
}
on_each_backend_as 'root user userns' 'sixteen processes at random: the store is whole, and nothing is left'

scenario() {
	local slow
	store_with_layers
	tar -C tree1 -cf tree1.tar .
	shale create slow >/dev/null
	mkfifo feed
	shale apply slow feed >/dev/null &
	slow=$!
	exec 5>feed
	head -c 2000 tree1.tar >&5
	layer_of quick base tree2
	shale create --rw --parent quick rw2 >/dev/null
	assert_content "$(shale get rw2)/srv/page" served
	shale put rw2
	kill -0 $slow
	tail -c +2001 tree1.tar >&5
	exec 5>&-
	wait $slow
	assert_eq "$(shale changes slow | head -n 1)" 'A /etc'
}
on_each_backend_as 'root user userns' 'no command waits for a layer that arrives slowly'
