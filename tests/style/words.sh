#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Checks the words: comments begin with a subject and a verb, the code uses the glossary's terms, and
# each path that a document or a comment names is in the tree.
# usage: words.sh [TREE]. Answers in TAP.
set -u
. "${0%/*}/tap.sh"
cd "${1:-${srcdir:-$(dirname "$0")/../..}}" || exit 1

# Reads complaints from standard input, and prints them.
none() { # WORDS
	local found
	found=$(cat)
	[ -z "$found" ] || sed 's/^/# /' <<<"$found"
	[ -z "$found" ]
	result $? "$1"
}

sources() {
	find common kernel fuse tools tests \( -name '*.[ch]' -o -name '*.sh' -o -name '*.am' \) \
		-not -path 'tests/fuzz/corpus/*' -not -path 'tests/api/*' # tests/api has a copy of an old shale.h, which must not change
}

# Prints FILE:PATH for each path in a document, below a folder of the tree, that does not exist.
missing_paths() { # FILE...
	local file path
	grep -oHE '`(common|kernel|fuse|tools|tests|doc|man|quickstart)/[^` ]*`' "$@" | tr -d '`' |
		while IFS=: read -r file path; do
			case $path in *[A-Z][A-Z]*) continue ;; esac # a placeholder: tests/e2e/NAME.sh
			# shellcheck disable=SC2086 # braces and wildcards are expanded
			eval "ls -d $path" >/dev/null 2>&1 || echo "$file names $path"
		done
}

opened=$(sources | xargs grep -nE '^[[:space:]]*(/\*|//|#)[[:space:]]*(What|Who|Whose|Whoever|Whatever)\b')
[ "$(grep -c . <<<"$opened")" -lt 5 ] || sed 's/^/# /' <<<"$opened"
[ "$(grep -c . <<<"$opened")" -lt 5 ]
result $? 'fewer than five comments open with What, Who, Whoever or Whatever'

none 'no test name opens with such a word' < <({
	sources | xargs grep -nE "^(only_[a-z]+=[a-z]+ )?(on_each_backend|on_each_backend_as|once_as)\b.*'(what|who|whose|whoever|whatever|nor|they) "
	sources | xargs grep -nE 'START_TEST\((what|who|whose|whoever|whatever|nor|they)_'
})

# Words of the glossary's right column in CONTRIBUTING.md: readers did not understand them.
none 'no name of the glossary'\''s "not" column is used' < <(sources | grep -v tests/style/words.sh |
	xargs grep -nE '\b(lingers|end_daemon|settle_?[a-z]*|levers?|implied_dress)\b')

none 'each path that a document names is in the tree' < <(
	missing_paths README.md CONTRIBUTING.md doc/*.md man/*.[1-8])

echo "1..$n"
exit $failed
