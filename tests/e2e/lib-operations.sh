# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Runs some sixty operations on the merged tree of the layers from make_operands, and prints all results
# but inode numbers. They must be the same on the kernel's overlay and on any filesystem below a mount.

make_operands() { # LOWER
	local dir
	for dir in "$1" "$1/dir" "$1/dir/sub" "$1/gone" "$1/swept" "$1/swept/deep" "$1/mixed"; do
		mkdir -p "$dir"
	done
	for dir in append truncated modes renamed target linked removed replaced over open both; do
		echo "lower $dir" >"$1/$dir"
	done
	echo one >"$1/dir/one"
	echo two >"$1/dir/sub/two"
	echo three >"$1/swept/three"
	echo four >"$1/swept/deep/four"
	echo five >"$1/mixed/five"
	ln -s append "$1/symlink"
	ln -s nowhere "$1/symlink2"
	[ -n "${no_fifos-}" ] || mkfifo "$1/fifo" "$1/fifo2"
	ln "$1/both" "$1/both2"
	chmod 644 "$1/modes"
	touch -h -d @1000000000 "$1"/* "$1"/*/*
}

# Runs the command, and prints its status and its output without the path. Leaves out commands in
# $unsupported, and with $no_fifos those on fifos.
operate() { # COMMAND...
	local said status=0 words="$*"
	[[ " ${unsupported-} " != *" $1 "* ]] || return 0
	[[ -z "${no_fifos-}" || "$*" != *fifo* ]] || return 0
	said=$("$@" 2>&1) || status=$?
	printf '%s: %s %s\n' "${words//"/$BASHPID/"/self}" "$status" "${said//"$PWD"/}"
}

append() { # TEXT FILE
	# shellcheck disable=SC2320 # the redirection is what may fail
	echo "$1" >>"$2"
}

overwrite() { # TEXT FILE
	# shellcheck disable=SC2320
	echo "$1" >"$2"
}

touch_link() { # ARGUMENTS
	touch -h "$@"
}

chown_link() { # ARGUMENTS
	chown -h "$@"
}

patch_first() { # FILE
	# shellcheck disable=SC2320
	printf '#' 1<>"$1"
}

change_files() {
	operate append more append
	operate truncate -s 3 truncated
	operate chmod 600 modes
	operate chown 7:8 modes
	operate touch -d @1100000000 modes
	operate touch_link -d @1100000000 symlink
	operate chown_link 5:6 symlink
	operate chmod 640 fifo
	operate chown 3:4 fifo
	operate touch -d @1200000000 fifo
	operate mv renamed renamed2
	operate append afterwards renamed2
	operate chmod 611 renamed2
	operate overwrite again renamed2
	operate mv renamed2 dir/renamed3
	operate append third dir/renamed3
	operate ln linked linked2
	operate append both linked2
	operate cat linked
	operate append to-the-other linked
	operate cat linked2
	operate patch_first linked
	operate cat linked2
	operate ln -T symlink2 symlink3
	operate mv symlink2 symlink4
	operate mv fifo2 fifo3
	operate append broken both
	operate cat both2
}

remove_and_replace() {
	operate rm removed
	operate overwrite new removed
	operate rm replaced
	operate mkdir replaced
	operate overwrite inside replaced/file
	operate mv over target
	operate cat target
	operate ln target over
	operate rm target
	operate cat over
	operate rm -r swept
	operate mkdir swept
	operate ls -A swept
	operate overwrite other swept/three
	operate rmdir gone
	operate mkdir gone
	operate rmdir gone
	operate overwrite file gone
	operate rm gone
	operate mkdir -p gone/a/b
	operate rm -r gone/a
	operate rm mixed/five
	operate rmdir mixed
	operate mkdir mixed
	operate mv mixed mixed2
	operate rmdir dir
	operate mv dir dir2
	operate rm dir/sub/two
	operate rm -r dir/sub
	operate mkdir dir/sub
	operate overwrite six dir/sub/six
	operate mv dir/one dir/sub/one
	operate mv dir/sub/six dir/one
	operate mv -T dir/sub/one dir/one
}

make_new() {
	operate mkdir new
	operate mkdir new/inner
	operate overwrite a new/inner/a
	operate overwrite b new/b
	operate mv new/inner new/outer
	operate append more new/outer/a
	operate mv new renewed
	operate append last renewed/outer/a
	operate mv renewed/b renewed/outer/a
	operate cat renewed/outer/a
	operate mkdir empty
	operate mv -T empty renewed/empty
	operate ln renewed/outer/a hard
	operate rm renewed/outer/a
	operate append kept hard
	operate mkfifo newfifo
	operate chmod 4711 hard
	operate ln -s hard soft
	operate chown_link 9:9 soft
	operate mv -T soft symlink
	operate fallocate -l 5000 hard
	operate cp -a renewed copied
	operate rm -r renewed
}

# Uses files that are open while their names are removed.
use_open_files() {
	exec 7<>open 8<>hard 9<copied
	rm open
	echo into-the-open >&7
	operate stat -L -c '%s %h' "/proc/$BASHPID/fd/7"
	echo written >hardly
	mv -T hardly hard
	echo old-one >&8
	operate head -c 8 "/proc/$BASHPID/fd/8"
	rm -r copied
	operate stat -L -c %F "/proc/$BASHPID/fd/9"
	operate cat hard
	exec 7>&- 8>&- 9<&-
	operate ls -A copied
}

# Prints names, types, modes, owners, links, contents, and the times that were set.
show_tree() { # DIR
	(
		cd "$1"
		find . -mindepth 1 -printf '%p %y %m %U:%G %l\n' | sort
		find . -type f -printf '%p %s %n\n' | sort
		find . -type f -print0 | sort -z | xargs -0 sha256sum
		find . ! -newermt '2020-01-01' -printf '%p %T@\n' | sort
	)
}

# Runs all operations in DIR, and prints their results.
all_operations() { # DIR
	(
		cd "$1"
		set +e
		trap - ERR
		change_files
		remove_and_replace
		make_new
		use_open_files
	)
}

run_operations() { # DIR
	all_operations "$1" >wanted/said
	show_tree "$1" >wanted/tree
}

# Writes the results of the kernel's overlay to wanted/. A plain user gets them without any capability.
ask_kernel() {
	local options=lowerdir=wanted/lower,upperdir=wanted/upper,workdir=wanted/work
	mkdir wanted wanted/lower wanted/upper wanted/work wanted/merged
	make_operands wanted/lower
	if [ "$kind" = plain ]; then
		unsupported=${unsupported-} unshare --user --map-current-user --keep-caps --mount bash -ec '
			mount -t overlay -o "$1,userxattr" x wanted/merged
			exec setpriv --ambient-caps -all --inh-caps -all bash -ec ". \$0; run_operations wanted/merged" "$0"
			' "$here/lib-operations.sh" "$options"
		return
	fi
	mount -t overlay -o "$options" x wanted/merged
	run_operations wanted/merged
	umount wanted/merged
}
