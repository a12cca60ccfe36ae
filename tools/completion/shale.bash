# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Completion of shale(1) for bash. The commands, and what each takes, are read from the program's help.

_shale_commands() {
	shale --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'
}

# Prints the words of the command's usage, one on a line: options, small words, and names of
# arguments in capitals. Leaves out the values of options.
_shale_usage() { # COMMAND
	shale "$1" --help 2>/dev/null | sed -n '1s/^usage: shale [a-z]* *//p; 2,$s/^ \{11\}//p' |
		sed 's/\(--[a-z-]*\) [^]|-]*\(|[A-Z]*\)*/\1 /g' | tr -s '[]| .' '\n'
}

# Lists names of the store. Asks no store that does not exist yet, because listing would make it.
_shale_list() { # KEY COMMAND OPTION...
	local key=$1 command=$2 home=${SHALE_HOME-} i
	shift 2
	for ((i = 1; i < $#; i++)); do
		[ "${!i}" != --home ] || { i=$((i + 1)) && home=${!i}; }
	done
	if [ -z "$home" ]; then
		home=${XDG_DATA_HOME:-$HOME/.local/share}/shale
		[ "$(id -u)" != 0 ] || home=/var/lib/shale
	fi
	[ -e "$home/shale.json" ] || return
	shale "$@" --json "$command" 2>/dev/null | sed -n 's/^ *"'"$key"'": "\(.*\)",*$/\1/p'
}

# Sets the variable command, and globals to the options before the command.
_shale_parse() {
	local i
	command='' globals=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--home | --run | --backend) globals+=("${COMP_WORDS[i]}" "${COMP_WORDS[++i]}") ;;
		-*) ;;
		*) command=${COMP_WORDS[i]} && break ;;
		esac
	done
}

# Prints what can stand in the place of an argument of this name.
_shale_argument() { # NAME WORD
	case $1 in
	ID | ID... | PARENT) _shale_list id ls "${globals[@]}" ;;
	NAME | IMAGE) _shale_list name images "${globals[@]}" ;;
	FILE | SOURCE | DEST) compgen -f -- "$2" ;;
	DIR) compgen -d -- "$2" ;;
	[a-z]*) echo "$1" ;;
	esac
}

_shale() {
	local word=${COMP_LINE:0:COMP_POINT} before=${COMP_WORDS[COMP_CWORD - 1]} command candidates argument colons
	local -a globals
	word=${word##*[[:space:]]}
	_shale_parse
	case $before/$command/$word in
	--home/* | --run/*) candidates=$(compgen -d -- "$word") ;;
	--backend/*) candidates='auto kernel fuse' ;;
	--parent/*) candidates=$(_shale_argument ID && _shale_argument IMAGE) ;;
	*//-*) candidates='--home --run --backend --json --help --version' ;;
	*//*) candidates=$(_shale_commands) ;;
	*/-*) candidates="--help --json $(_shale_usage "$command" | grep '^--')" ;;
	*)
		candidates=$(_shale_usage "$command" | sort -u | while read -r argument; do
			_shale_argument "$argument" "$word"
		done)
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$word")
	# Bash splits a name like image:1 into three words, and replaces only the last, so print
	# only that part.
	colons=${word%"${word##*:}"}
	COMPREPLY=("${COMPREPLY[@]#"$colons"}")
}
complete -o filenames -F _shale shale
