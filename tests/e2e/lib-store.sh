# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Gives the case a store of its own, in home/ and run/, on $backend.

shale() { # COMMAND...
	"$SHALE" --home "$PWD/home" --run "$PWD/run" --backend "$backend" "$@"
}

# Runs a command in another working directory, such as a layer's.
shale_in() { # DIR COMMAND...
	local dir=$1
	shift
	"$SHALE" --home "$dir/home" --run "$dir/run" --backend "$backend" "$@"
}

# Checks that no leftovers are in the store.
assert_no_rubbish() {
	assert_eq "$(find home/staging home/trash -mindepth 1 ! -name .lock ! -name .empty)" '' 'in staging/ and trash/'
}

# Makes a layer of the directory tree DIR.
layer_of() { # ID PARENT DIR
	shale create ${2:+--parent "$2"} "$1" >/dev/null
	tar -C "$3" --xattrs --xattrs-include='*' --numeric-owner -cf - . | shale apply "$1" >/dev/null
}

# Makes two layers, base and app, and a writable layer rw on app.
store_with_layers() {
	mkdir -p tree1/etc tree1/usr/bin tree2/etc tree2/srv
	echo one >tree1/etc/one
	echo two >tree1/etc/two
	echo tool >tree1/usr/bin/tool
	chmod 755 tree1/usr/bin/tool
	ln tree1/usr/bin/tool tree1/usr/bin/alias
	ln -s ../etc/one tree1/usr/link
	echo changed >tree2/etc/two
	echo served >tree2/srv/page
	touch -d @1000000000 tree1/etc/* tree1/usr/bin/* tree2/etc/* tree2/srv/*
	layer_of base '' tree1
	layer_of app base tree2
	shale create --rw --parent app rw >/dev/null
}

# Prints the files of a tar stream as text: name, type, mode, owner, size, time, link.
tar_list() { # FILE
	tar --numeric-owner --full-time -tvf "$1"
}

# Runs COMMAND, which must print one line on stderr, "shale: ...", with WORDS in it, and exit with 1.
assert_clear_error() { # WORDS COMMAND...
	local words=$1 said status=0
	shift
	said=$("$@" 2>&1 >/dev/null) || status=$?
	assert_eq "$status" 1 "exit status of $* ($said)"
	[[ $said == *"$words"* ]] || assert_eq "$said" "... $words ..." "of $*"
	assert_eq "$(head -n 1 <<<"$said" | cut -d: -f1)" shale "of $*: $said"
	[ "$(wc -l <<<"$said")" -le 2 ] || assert_eq "$said" 'one line, or two' "of $*"
}

# Makes a layer of another engine, in Docker's form.
engine_layer() { # ID [PARENT]
	local short=${1^^}
	short=$(printf '%.26s' "${short//[^A-Z]/}AAAAAAAAAAAAAAAAAAAAAAAAAA")
	mkdir -p engine/l "engine/$1/diff"
	ln -s "../$1/diff" "engine/l/$short"
	printf %s "$short" >"engine/$1/link"
	[ $# -gt 1 ] || return 0
	mkdir "engine/$1/work"
	printf %s "l/$(<"engine/$2/link")$([ ! -e "engine/$2/lower" ] || sed 's/^/:/' "engine/$2/lower")" >"engine/$1/lower"
	: >"engine/$2/committed"
}

# Runs shale on the store of the other engine.
engine() {
	"$SHALE" --home "$PWD/engine" --run "$PWD/run" "$@"
}
