#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# An attacker puts a symbolic link into the path of a layer's files, before or after the layer is
# adopted. No file from elsewhere may be shown.
. "${0%/*}/lib.sh"

short() { # ID
	cat "home/$1/link"
}

outside() {
	mkdir -p outside/diff outside/l outside/work
	echo secret | tee outside/secret outside/diff/secret >/dev/null
	cp engine/cont/link outside/ 2>/dev/null || :
}

# Makes two layers of an engine in far/engine, which the library reaches as "engine", and a layer of
# shale on top of them.
adopted() {
	mkdir -p far/engine
	ln -s far/engine engine
	engine_layer base
	engine_layer cont base
	echo base >engine/base/diff/base
	echo cont >engine/cont/diff/cont
	outside
	shale create --rw --parent "$PWD/engine/cont" new >/dev/null
}

# Replaces PLACE by a link to TARGET.
exchange() { # PLACE TARGET
	mv "$1" was
	ln -s "$2" "$1"
}

restore() { # PLACE
	rm "$1"
	mv was "$1"
}

# Runs each COMMAND. It must fail, or print nothing that lies outside.
shows_nothing() { # COMMAND...
	local said
	for command; do
		# shellcheck disable=SC2086 # words
		said=$(shale $command 2>&1 | tr -d '\0') || :
		[[ $said != *secret* ]] || assert_eq "$said" 'no word of the secret' "$command"
	done
}

cannot_be_got() { # ID
	local path
	if path=$(shale get "$1" 2>said); then
		echo "get $1: succeeds, with $(names "$path")"
		shale put "$1"
		return 1
	fi
	assert_eq "$(wc -l <said)" 2 "$(<said)"
}

# Replaces PLACE, a link that the store has made, by a link to TARGET. The store must make its own
# link again.
mended() { # PLACE TARGET ID NAMES
	local path
	exchange "$1" "$2"
	path=$(shale get "$3")
	assert_names "$path" "$4"
	shale put "$3"
	exchange "$1" "$2" 2>/dev/null || :
	shows_nothing "diff --parent  $3" "changes --parent  $3" "size $3" "export $3 tar:-"
	restore "$1"
}

# Replaces PLACE by a link to TARGET: no command may show TARGET.
refused() { # PLACE TARGET
	exchange "$1" "$2"
	for id in new cont; do
		cannot_be_got $id || { echo "  with a link in $1 to $2" && return 1; }
	done
	shows_nothing 'diff cont' 'diff --parent  new' 'changes cont' 'changes --parent  new' 'size cont' \
		'commit new other' 'export new tar:-' check
	assert_fails '' shale exists other
	restore "$1"
}

scenario() {
	local path
	adopted
	path=$(shale get new)
	assert_names "$path" 'base cont'
	# The mount exists already, and must not change.
	exchange far/engine/cont/diff "$PWD/outside"
	assert_names "$path" 'base cont'
	shale put new
	restore far/engine/cont/diff
	refused far/engine/cont/diff "$PWD/outside"
	refused far/engine/cont/diff ../../../outside
	refused far/engine/base/diff ../cont/diff
	refused far/engine/cont "$PWD/outside"
	refused far/engine/base "$PWD/outside"
	refused far/engine "$PWD/was"
	refused far "$PWD/was"
	mended "home/l/$(short cont)" "$PWD/outside" new 'base cont'
	mended "home/l/$(short base)" ../../outside/diff new 'base cont'
	mended "home/l/$(short base)" / cont 'base cont'
	mended "home/l/$(short base)" ../was new 'base cont'
	exchange "home/l/$(short cont)" "$PWD/outside"
	cannot_be_got cont
	restore "home/l/$(short cont)"
	exchange far/engine/cont/diff "$PWD/outside"
	assert_eq "$(shale check 2>&1 | head -n 1)" \
		"layer cont: a symbolic link is in the way to '$PWD/far/engine/cont'"
	restore far/engine/cont/diff
	path=$(shale get new)
	assert_names "$path" 'base cont'
	echo new >"$path/new"
	shale put new
	shale commit new other >/dev/null
	assert_eq "$(shale changes other)" 'A /new'
	shale check
}
on_each_backend_as 'root userns' 'a link on the way to an adopted layer is not followed'

scenario() {
	local path
	adopted
	chown 1:2 far/engine/cont/diff/cont
	path=$(shale get --uidmap 0:100000:65536 --gidmap 0:100000:65536 new)
	assert_eq "$(stat -c %u:%g "$path/cont")" 100001:100002
	assert_eq "$(stat -c %u:%g "$path/base")" 100000:100000
	shale put new
	path=$(shale get --uidmap 0:100000:65536 --gidmap 0:100000:65536 base)
	assert_names "$path" base
	assert_eq "$(stat -c %u:%g "$path/base")" 100000:100000
	shale put base
}
on_each_backend 'adopted layers are shown with mapped owners'

# The same attack on shale's own layers.
scenario() {
	local id
	store_with_layers
	outside
	for id in base app; do
		exchange "home/$id/diff" "$PWD/outside"
		cannot_be_got rw
		shows_nothing "get $id" "diff $id" "changes $id" 'diff --parent  rw' "size $id" 'commit rw other' check
		restore "home/$id/diff"
	done
	exchange home/rw/diff "$PWD/outside"
	shows_nothing 'diff rw' 'changes rw' 'size rw' 'commit rw other'
	cannot_be_got rw
	assert_names outside 'diff l secret work'
	restore home/rw/diff
	exchange home/base "$PWD/outside"
	cannot_be_got rw
	shows_nothing 'diff base' 'get base'
	restore home/base
	shale create lone >/dev/null
	exchange home/lone/diff "$PWD/outside"
	cannot_be_got lone
	restore home/lone/diff
	mended "home/l/$(short app)" "$PWD/outside" rw 'etc srv usr'
	shale get rw >/dev/null
	shale put rw
}
on_each_backend_as 'root user userns' 'no link on the way to a layer of a store is followed'

says_nothing() { # COMMAND...
	local said
	for command; do
		# shellcheck disable=SC2086 # words
		said=$(engine $command 2>&1 | tr -d '\0') || :
		[[ $said != *secret* ]] || assert_eq "$said" 'no word of the secret' "$command"
	done
}

foreign_refused() { # PLACE TARGET
	exchange "$1" "$2"
	says_nothing ls tree 'diff cont' 'diff --parent  cont' 'changes --parent  cont' 'size cont' 'size base' \
		'inspect base' 'inspect cont' 'export cont tar:-' du
	assert_fails '' shale create --parent "$PWD/engine/cont" new ||
		{ echo "  with a link in $1 to $2" && return 1; }
	restore "$1"
}

scenario() {
	engine_layer base
	engine_layer cont base
	echo base >engine/base/diff/base
	echo cont >engine/cont/diff/cont
	outside
	foreign_refused engine/cont/diff "$PWD/outside"
	foreign_refused engine/base/diff ../../outside
	foreign_refused engine/cont "$PWD/outside"
	foreign_refused engine/base ../outside
	# A link that leads elsewhere is ignored, because the layer has its name in a file of its own.
	exchange "engine/l/$(<engine/base/link)" "$PWD/outside"
	says_nothing 'diff --parent  cont' 'changes --parent  cont' 'export cont tar:-'
	assert_eq "$(engine changes --parent '' cont)" 'A /base
A /cont'
	restore "engine/l/$(<engine/base/link)"
	# Attacks files that are read as a part of a layer.
	exchange engine/cont/link "$PWD/outside/secret"
	says_nothing ls 'inspect cont' 'diff cont'
	restore engine/cont/link
	exchange engine/cont/lower "$PWD/outside/secret"
	says_nothing ls 'inspect cont' 'diff cont'
	restore engine/cont/lower
	printf ../../outside >engine/cont/lower
	says_nothing ls 'inspect cont' 'diff cont' 'diff --parent  cont'
}
only_backend=kernel on_each_backend_as 'root userns' "nor one in another engine's directory"
