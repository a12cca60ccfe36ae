#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of the command line in bash, zsh and fish. All three must offer the same words.
. "${0%/*}/lib.sh"
completion=$here/../../tools/completion

# Each of these functions takes a command line with the cursor at its end, and prints, sorted, the
# words that the shell offers for the last word.
bash_offers() { # LINE
	bash --norc -c '. "$1"; COMP_LINE=$2; read -ra COMP_WORDS <<<"$2"
		[[ $2 != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_POINT=${#2}
		_shale; printf "%s\n" "${COMPREPLY[@]}"' - "$completion/shale.bash" "$1" | sort
}
# zsh has some functions only while it completes. Here functions that print replace them.
zsh_offers() { # LINE
	zsh -f -c 'compdef() { : }; . $1
		compadd() { print -l -- ${@:#--} }
		_files() { print -l -- ${1:+*(/N)} ${${1:-*(N)}:#-/} }
		words=(${(z)2}); [[ $2 != *" " ]] || words+=("")
		CURRENT=$#words; _shale' - "$completion/_shale" "$1" | sed -n "/^${1##* }./p" | sort -u
}
fish_offers() { # LINE
	XDG_CONFIG_HOME=$PWD XDG_DATA_HOME=$PWD fish --no-config -c "source '$completion/shale.fish'; complete -C '$1'" |
		sed 's/\t.*//; s,/$,,' | sort -u
}

# Checks that the shells offer exactly these words; "... WORD..." checks that they offer at least these.
assert_offers() { # LINE WORDS
	local shell words
	for shell in bash zsh fish; do
		words=$("${shell}_offers" "$1" | tr '\n' ' ')
		words=${words% }
		if [ "${2#... }" = "$2" ]; then
			assert_eq "$words" "$2" "$shell offers after '$1'"
			continue
		fi
		for word in ${2#... }; do
			[[ " $words " == *" $word "* ]] || assert_eq "$words" "$word" "$shell offers after '$1'"
		done
	done
}

scenario() {
	local stores="--home $PWD/home --run $PWD/run"
	{ command -v zsh && command -v fish; } >/dev/null || skip 'no zsh, or no fish'
	mkdir bin directory
	ln -s "$(realpath "$SHALE")" bin/shale
	PATH=$PWD/bin:$PATH
	assert_offers 'shale im' 'images import'
	assert_offers 'shale ' '... apply create unshare version'
	assert_offers 'shale --ba' '--backend'
	assert_offers 'shale --backend ' 'auto fuse kernel'
	assert_offers 'shale engine d' docker
	assert_offers 'shale create --r' '--rw'
	assert_offers 'shale run --' '... --entrypoint --help --keep --no-new-privileges --rm --volume'
	assert_offers 'shale mount ID dir' directory
	assert_offers "shale $stores get " ''
	[ ! -e home ]
	shale create one
	shale create two
	tar -C directory -cf - . | shale apply one
	shale tag one image
	assert_offers "shale $stores exists " 'one two'
	assert_offers "shale $stores create --parent " 'image one two'
	assert_offers "shale $stores rmi i" image
}
only_backend=fuse on_each_backend_as root 'bash, zsh and fish offer commands, options, layers and images'
