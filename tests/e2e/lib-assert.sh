# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Assertions. Each prints what it saw if it does not hold. A scenario also fails at any plain command
# that fails.

assert_eq() { # SEEN WANTED [WORDS]
	[ "$1" = "$2" ] && return
	printf '%s\n  seen:   %s\n  wanted: %s\n' "${3:-not equal}" "$1" "$2"
	return 1
}

assert_content() { # FILE WANTED
	assert_eq "$(cat "$1")" "$2" "content of $1"
}

# Runs COMMAND, which must fail and print ERROR (a part of the message, "File exists").
assert_fails() { # ERROR COMMAND...
	local error=$1 said
	shift
	if said=$("$@" 2>&1); then
		printf 'succeeds, and should not: %s\n' "$*"
		return 1
	fi
	[[ $said == *"$error"* ]] && return
	printf 'of: %s\n  seen:   %s\n  wanted: ... %s\n' "$*" "$said" "$error"
	return 1
}

# Runs COMMAND, which must fail. A plain `! COMMAND` does not end a scenario.
refute() { # COMMAND...
	! "$@" || { printf 'succeeds, and should not: %s\n' "$*" && return 1; }
}

assert_absent() { # PATH...
	local path
	for path; do
		[ ! -e "$path" ] && [ ! -L "$path" ] && continue
		printf '%s is there: %s\n' "$path" "$(stat -c '%F' "$path")"
		return 1
	done
}

# Prints the names in DIR, on one line, in order.
names() { # DIR
	# shellcheck disable=SC2012 # no odd names here
	ls -A "$1" | tr '\n' ' ' | sed 's/ $//'
}

assert_names() { # DIR WANTED
	assert_eq "$(names "$1")" "$2" "names in $1"
}

assert_whiteout() { # PATH
	assert_eq "$(stat -c '%F %t,%T' "$1" 2>&1)" 'character special file 0,0' "$1"
}

xattr() { # NAME PATH
	getfattr -h --absolute-names --only-values -n "$1" "$2" 2>/dev/null || :
}

assert_opaque() { # DIR
	assert_eq "$(xattr "$overlay_xattr.opaque" "$1")" y "opaque mark of $1"
}

assert_not_opaque() { # DIR
	assert_eq "$(xattr "$overlay_xattr.opaque" "$1")" '' "opaque mark of $1"
}

# Prints everything in DIR as text for assert_eq or diff: types, modes, owners, devices, times, targets,
# sizes, data, xattrs.
tree() { # DIR
	(
		cd "$1" || exit
		find . -mindepth 1 -exec stat -c '%N %F %a %u:%g %t,%T %Y' {} +
		find . -type f -exec stat -c '%n size %s' {} + -exec sha256sum {} +
		getfattr -R -h -d -m - . 2>/dev/null | grep -v "^$overlay_xattr" || :
	) | LC_ALL=C sort
}

assert_same_tree() { # DIR DIR
	diff <(tree "$1") <(tree "$2")
}

mtime() { # PATH
	stat -c '%.Y' "$1"
}

inode() { # PATH
	stat -c '%i' "$1"
}

# ---- system calls that the shell has no tool for ------------------------------------------------

# Reads operations of the differential test, one a line, and runs each on DIR. Prints a line with each
# result.
ops() { # DIR
	local as=$backend
	[ "$as" = kernel ] || as=fuse
	"$DIFFERENTIAL" op --$as "$1" | sed -n 's/^    => //p'
}

assert_op() { # DIR OPERATION RESULT
	assert_eq "$(ops "$1" <<<"$2")" "$3" "of: $2"
}

as_user() { # COMMAND...
	setpriv --reuid 1000 --regid 1000 --groups 1000,2000 --inh-caps=-all "$@"
}
