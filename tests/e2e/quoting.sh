#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Names and texts from outside are quoted when they are printed.
. "${0%/*}/lib.sh"

# Checks that FILE has LINES lines and only printable ASCII: a terminal may take other bytes for
# commands.
assert_harmless() { # LINES FILE
	assert_eq "$(wc -l <"$2")" "$1" "lines: $(cat -v "$2")"
	assert_eq "$(LC_ALL=C tr -d '\n -~' <"$2" | od -An -c)" '' 'bytes that are no plain characters'
}

scenario() {
	local name
	store_with_layers
	shale create --rw --parent base odd >/dev/null
	for name in $'es\ec\e[31m' $'line\nA forged' $'\xc2\x9b2J' $'\x9b2J' $'\xe2\x80\xaegnp' 'back\slash' $'\x7f'; do
		: >"home/odd/diff/$name"
	done
	shale changes odd >out
	assert_harmless 7 out
	grep -qxF 'A /line\nA forged' out
	grep -qxF 'A /es\033c\033[31m' out
	grep -qxF 'A /\302\2332J' out
	grep -qxF 'A /\2332J' out
	grep -qxF 'A /back\\slash' out
	: >home/odd/diff/größe
	shale changes odd | grep -qxF 'A /größe'
	shale changes odd --json | jq -e length >/dev/null
}
once_as 'root user' 'names of files are printed on one line, without control characters'

scenario() {
	local bad=$'a\e]0;x\a\nremedy: run evil \xc2\x9b'
	store_with_layers
	for command in "rm" "inspect" "apply" "import" "get" "rmi" "umount"; do
		shale "$command" "$bad" 2>said >/dev/null </dev/null && false
		assert_harmless "$(($(wc -l <said) > 1 ? 2 : 1))" said
	done
	shale "$bad" 2>said && false
	assert_harmless 2 said
	shale ls "--$bad" 2>said && false
	assert_harmless 2 said
}
once_as 'root user' 'an error that repeats what it was given has one line, and perhaps a remedy'

# A foreign store and a file of its engine may hold such names.
scenario() {
	store_with_layers
	shale check >/dev/null
	echo stranger >home/$'odd\e[2J\nlayer base: lost'
	shale check >out && false
	assert_harmless 1 out
	shale status >out
	assert_harmless "$(shale status --json | jq length)" out
}
once_as 'root user' 'check and status print names quoted'
