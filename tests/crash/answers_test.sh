#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes one system call fail in a command that reads, or that makes something from what it reads.
# The command must fail, or give the same answer as without the failure: never a wrong one. All of
# it by hand: answers_test.sh all [OPERATION]...; without arguments only a sample, as in
# errors_test.sh.
. "${0%/*}/lib.sh"
SHALE_CRASH_FAULTS=${SHALE_CRASH_FAULTS:-EIO}
. "${0%/*}/points.sh"
questions='ls tree images inspect exists status size size_all changes changes_json diff diff_all du check
export export_oci export_docker foreign_ls foreign_size foreign_changes foreign_diff'
makers='apply commit import import_oci convert'

# Makes directories that hide others, whiteouts, links, xattrs, files that differ in one thing, and a
# hole.
make_rich_layers() {
	local tree=$dir/rich
	mkdir -p "$tree"/{same,opaque,gone,deep/er}
	head -c 70000 /dev/urandom >"$tree/deep/er/data"
	for name in mode owner content xattr time equal gone/file opaque/old; do
		echo "$name" >"$tree/$name"
	done
	truncate -s 1M "$tree/sparse"
	ln "$tree/equal" "$tree/same/equal"
	ln -s equal "$tree/link"
	mkfifo "$tree/pipe"
	setfattr -n user.note -v text "$tree/xattr" "$tree/deep"
	setfacl -m u:54321:r "$tree/same"
	tar -C "$tree" --format=posix --numeric-owner --xattrs --acls -cf "$dir/rich.tar" .
	"$shale" create rich
	"$shale" apply rich "$dir/rich.tar"
	"$shale" create --rw --parent rich richer
	path=$("$shale" get richer)
	(
		cd "$path" || exit
		chmod 700 mode
		chown 7 owner
		echo CONTENT >content
		setfattr -n user.note -v other xattr deep
		touch equal same/equal time deep/er
		rm -r gone link opaque
		mkdir opaque
		ln -s content link
		head -c 8192 /dev/urandom | dd of=sparse bs=4096 seek=3 conv=notrunc status=none
		for i in 1 2 3; do echo $i >deep/new$i; done
	)
	"$shale" put richer
	"$shale" create --rw --parent richer top
	echo top >"$SHALE_HOME/top/diff/top"
}

# Makes the same layers in the form that Docker keeps them in.
make_foreign_layers() {
	cp -a "$dir/template" "$dir/foreign"
	rm -r "$dir"/foreign/{shale.json,trash,staging,images,moved}
	rm "$dir"/foreign/*/layer.json
}

command_of_question() { # OPERATION
	full=()
	case $1 in
	ls | tree | images | du) set -- "$1" ;;
	check) set -- check ;;
	inspect | size) set -- "$1" richer ;;
	exists) set -- exists richer ;;
	status) set -- status ;;
	size_all) set -- size --parent rich top ;;
	changes) set -- changes --parent rich top ;;
	changes_json) set -- changes richer --json ;;
	diff) set -- diff richer ;;
	diff_all) set -- diff top --parent '' ;;
	export) set -- export image "tar:$dir/exported" ;;
	export_oci) set -- export image "oci:$dir/exported:image" ;;
	export_docker) set -- export image "docker-archive:$dir/exported:image" ;;
	foreign_ls) set -- --home "$dir/foreign" ls ;;
	foreign_*) set -- --home "$dir/foreign" "${1#*_}" richer ;;
	*) return 1 ;;
	esac
	command=("$shale" "$@")
}

command_of() { # OPERATION
	command_of_question "$1" || command_of_maker "$1"
}

command_of_maker() { # OPERATION
	full=()
	case $1 in
	apply) set -- apply lone "$dir/rich.tar" ;;
	commit) set -- commit richer new ;;
	import) set -- import "$dir/rich.tar" second ;;
	import_oci) set -- import "oci:$dir/oci:image" second ;;
	convert) set -- convert moved ;;
	esac
	command=("$shale" "$@")
}

# Prints the id of the layer that the operation makes.
made() { # OPERATION
	case $1 in
	apply) echo "$home/lone" ;;
	commit) echo "$home/new" ;;
	convert) echo "$home/moved" ;;
	import*) echo "$home/$("$shale" images | awk '$1 == "second" { print $2 }')"* ;;
	esac
}

# Prints the answer of the last command: its output, or the listing of the layer that it made.
answer() { # OPERATION
	case $1 in
	export*) find "$dir/exported" -type f -print0 | sort -z | xargs -0 sha256sum ;;
	apply | commit | import* | convert)
		"$shale" check # removes the leftovers first
		# shellcheck disable=SC2046
		(cd $(made "$1") 2>/dev/null || exit
			jq -S 'del(.created, .sums)' layer.json
			find diff ! -type c -printf '%p %y %M %U:%G %s %n %l %T@\n' , -type c -printf '%p whiteout\n' |
				grep -v '^diff [^/]*$' | sort
			find diff -type f -print0 | sort -z | xargs -0 sha256sum
			getfattr -R -h -d -m - diff | grep -v overlay.origin) 2>/dev/null ;;
	du) sed '/home/d; /run/d' "$dir/out" ;;
	images) sed -E 's/[0-9]+ (second|minute)s?/AGE/; s/ +/ /g' "$dir/out" ;; # the ages of images grow between two runs: leave them out
	*) cat "$dir/out" ;;
	esac
}

reset() { # OPERATION
	rm -rf "$dir/exported"
	if [[ " $makers " == *" $1 "* ]] || [ ! -d "$home" ]; then
		prepare "$1"
	fi
}

try_point() { # OPERATION THREADS CALL NUMBER FAULT
	local status what
	reset "$1"
	command_of "$1"
	traced "$2" -o /dev/null -e "inject=$3:error=$5:when=$4"
	status=$?
	[ $status = 0 ] || return
	what=$(diff "$dir/answer" <(answer "$1") | head -5)
	[ -z "$what" ] || printf '%s number %d of %s threads: %s\n%s\n\n' "$3" "$4" "$2" "$(cat "$dir/err")" "$what"
}

all=0
[ "${1:-}" != all ] || { all=1; shift; }
make_template >/dev/null
export SHALE_HOME=$dir/template
make_rich_layers >/dev/null
make_foreign_layers
export SHALE_HOME=$home
for operation in ${*:-$questions $makers}; do
	reset "$operation"
	points_of "$operation"
done | choose >"$dir/points"
for operation in $(cut -d ' ' -f 1 "$dir/points" | uniq); do
	for answer in another answer; do
		reset "$operation"
		command_of "$operation"
		"${command[@]}" >"$dir/out" 2>"$dir/err"
		answer "$operation" >"$dir/$answer"
	done
	result "$operation gives the same answer twice" "$(diff "$dir/another" "$dir/answer")"
	try_points_of "$operation"
	result "$operation fails or gives the same answer, whichever of $n calls fails" "$problems"
done
finish
