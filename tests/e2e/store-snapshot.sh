#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `snapshot` and `fork` of layers that nobody uses, and of mounted layers.
. "${0%/*}/lib.sh"
# LeakSanitizer cannot work below strace.
export ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}

needs_strace() {
	command -v strace >/dev/null || skip 'there is no strace'
}

# Writes into rw by a mount.
written() {
	local m
	store_with_layers
	m=$(shale get rw)
	mkdir "$m/new"
	echo text >"$m/new/file"
	ln "$m/new/file" "$m/new/name"
	rm -r "$m/etc/one" "$m/srv"
	mkdir "$m/srv"
	echo mine >"$m/srv/mine"
	truncate -s 10M "$m/holes"
	setfattr -n user.note -v text "$m/new/file"
	touch -d @1000000000 "$m/new/file"
}

parent_of() { # ID
	shale inspect "$1" | sed -n 's/^Parent: *//p'
}

kind_of() { # ID
	shale inspect "$1" | sed -n 's/^Kind: *//p'
}

seen() { # ID
	tree "$(shale get "$1")"
	shale put "$1"
}

scenario() {
	local before inode
	written
	shale put rw
	before=$(seen rw)
	inode=$(inode home/rw/diff/new/file)
	assert_eq "$(shale snapshot rw snap 2>said)" snap
	grep -q '^shale: moved in ' said
	assert_eq "$(inode home/snap/diff/new/file)" "$inode" 'nothing is copied'
	assert_names home/rw/diff ''
	assert_eq "$(parent_of rw) $(parent_of snap)" 'snap app'
	assert_eq "$(kind_of rw) $(kind_of snap)" 'rw layer'
	assert_eq "$(shale changes rw)" ''
	assert_eq "$(seen rw)" "$before"
	assert_eq "$(seen snap)" "$before"
	shale check
	assert_no_rubbish
	# The layer can be used further, and the snapshot does not change.
	echo later >"$(shale get rw)/new/file"
	shale put rw
	assert_eq "$(seen snap)" "$before"
	shale snapshot rw snap2 2>/dev/null
	assert_eq "$(parent_of snap2)" snap
	assert_clear_error 'layers on top' shale rm snap
	shale export rw "oci:$PWD/out:rw" >/dev/null
	[ "$(shale size snap)" -gt 0 ]
	assert_eq "$(shale flatten --down-to app rw)" 2
	shale rm snap2 snap
	assert_content "$(shale get rw)/new/file" later
	shale put rw
	shale check
	assert_no_rubbish
}
on_each_backend_as 'root userns' 'a snapshot of a layer that is not mounted copies nothing, and the layer goes on'

scenario() {
	local before m
	written
	m=home/rw/merged
	[ "$backend" = kernel ] || rm "$m/new/name" # or see the case of two names
	before=$(tree "$m")
	assert_eq "$(shale snapshot rw snap 2>said)" snap
	if [ "$backend" = fuse ]; then
		grep -q '^shale: switched in ' said
		assert_eq "$(parent_of rw)" snap
		assert_names home/rw/diff ''
	else
		grep -qE '^shale: (copied|reflinked) in ' said
		assert_eq "$(parent_of rw)" app
		assert_eq "$(shale changes rw | grep -c .)" "$(shale changes snap | grep -c .)"
	fi
	assert_eq "$(tree "$m")" "$before" 'its users see the same'
	echo later >"$m/new/file"
	assert_eq "$(seen snap)" "$before"
	[ "$backend" = fuse ] || assert_eq "$(stat -c %h home/snap/diff/new/file)" 2
	[ "$(stat -c %b home/snap/diff/holes)" = 0 ]
	shale check
	assert_no_rubbish
	shale put rw
	assert_content "$(shale get rw)/new/file" later
	shale put rw
	[ "$backend" = fuse ] || shale rm snap
	shale check
}
on_each_backend_as 'root userns' 'a snapshot of a mounted layer shows what the mount showed'

# The daemon keeps using directories that the store moves: takes many snapshots. After its end
# another daemon must find all files.
scenario() {
	local m i before
	written
	m=home/rw/merged
	rm "$m/new/name"
	mkdir "$m/many"
	exec 5>>"$m/new/log" 6<>"$m/removed"
	echo kept >&6
	rm "$m/removed"
	for i in 1 2 3 4 5 6 7 8; do
		echo "$i" >"$m/many/$i"
		echo "$i" >"$m/many/same"
		rm -f "$m/many/$((i - 2))"
		echo "line $i" >&5
		before[i]=$(tree "$m")
		assert_eq "$(shale snapshot rw "snap$i" 2>said)" "snap$i"
		grep -q '^shale: switched in ' said
		assert_names home/rw/diff ''
		assert_eq "$(tree "$m")" "${before[i]}"
	done
	assert_content /proc/self/fd/6 kept
	exec 5>&- 6>&-
	for i in 1 2 3 4 5 6 7 8; do
		assert_eq "$(seen "snap$i")" "${before[i]}" "snapshot $i"
	done
	shale put rw
	assert_eq "$(seen rw)" "${before[8]}"
	assert_eq "$(parent_of rw) $(parent_of snap8) $(parent_of snap1)" 'snap8 snap7 app'
	shale check
	assert_no_rubbish
	assert_eq "$(shale flatten --down-to app rw)" 8
	assert_eq "$(seen rw)" "${before[8]}"
}
only_backend=fuse on_each_backend_as 'root userns' 'eight snapshots of one mount copy nothing, and are each as it was'

# xfs gives the number of a removed directory to the next one, be it a work directory of a later snapshot or a
# directory of the user.
scenario() {
	local m i
	command -v mkfs.xfs >/dev/null || skip 'there is no mkfs.xfs'
	truncate -s 320M image
	mkfs.xfs -q image >/dev/null
	mkdir home
	mount -o loop image home
	store_with_layers
	m=$(shale get rw)
	for i in {1..8}; do
		echo "$i" >"$m/file"
		shale snapshot rw "snap$i" 2>/dev/null
	done
	for i in {1..64}; do
		mkdir "$m/dir$i"
		echo "$i" >"$m/dir$i/file"
	done
	assert_eq "$(cat "$m"/dir*/file | wc -l)" 64
	shale put rw
	shale check
	umount home
}
only_backend=fuse on_each_backend 'the number of a removed work directory may be that of the next directory'

# A file with two names that is in use cannot be frozen: they would become two files.
scenario() {
	local m before
	written
	m=home/rw/merged
	before=$(tree "$m")
	exec 5<>"$m/new/file"
	[ "$(stat -c %h "$m/new/name")" = 2 ]
	assert_eq "$(shale snapshot rw snap 2>said)" snap
	grep -qE '^shale: (copied|reflinked) in ' said
	exec 5>&-
	assert_eq "$(parent_of rw)" app
	assert_eq "$(seen snap)" "$before"
	rm "$m/new/name"
	before=$(tree "$m")
	assert_eq "$(shale snapshot rw later 2>said)" later
	grep -q '^shale: switched in ' said
	assert_eq "$(tree "$m")" "$before"
	shale put rw
	shale check
	assert_no_rubbish
}
only_backend=fuse on_each_backend_as 'root' 'a mount whose files cannot be frozen is copied'

scenario() {
	local before
	written
	shale put rw
	before=$(seen rw)
	assert_eq "$(shale fork --as base2 rw one 2>/dev/null)" one
	assert_eq "$(parent_of one) $(parent_of rw)" 'base2 base2'
	assert_eq "$(seen one)" "$before"
	assert_eq "$(shale fork app two 2>/dev/null)" two 'of an immutable layer'
	assert_eq "$(parent_of two)" app
	shale get rw >/dev/null
	shale fork rw three 2>/dev/null >&2
	assert_eq "$(seen three)" "$before"
	assert_eq "$(kind_of three)" rw
	shale put rw
	shale create --rw lone >/dev/null
	echo text >"$(shale get lone)/file"
	shale fork lone four 2>/dev/null >&2 # in use, and not mounted
	shale put lone
	shale fork lone five 2>/dev/null >&2
	for id in four five lone; do
		assert_content "$(shale get $id)/file" text
		shale put $id
	done
	shale check
	assert_no_rubbish
}
on_each_backend 'a fork begins with what the layer shows'

scenario() {
	local command
	needs_strace
	written
	shale put rw
	shale create --rw --opt size=50M --opt redirect_dir=on --parent app small >/dev/null
	# The second link is that of the fork.
	refute strace -f -qq -o /dev/null -e inject=symlinkat:error=ENOSPC:when=2+ \
		"$SHALE" --home home --run run fork --as base2 small one 2>said
	grep -q "the snapshot is layer 'base2', but has no fork yet" said
	refute shale exists one
	assert_eq "$(parent_of small)" base2
	command=$(sed -n 's/.*finish the fork: shale //p' said)
	assert_eq "$command" 'create --rw --parent base2 --opt size=52428800 --opt redirect_dir=on one'
	# shellcheck disable=SC2086 # the words of a command
	assert_eq "$(shale $command)" one
	assert_eq "$(parent_of one) $(kind_of one)" 'base2 rw'
	shale check
	assert_no_rubbish
}
once_as root 'a fork that stops behind its snapshot tells the command that finishes it'

scenario() {
	written
	shale put rw
	assert_clear_error 'already' shale snapshot rw base
	assert_clear_error 'already' shale snapshot rw rw
	assert_clear_error 'immutable' shale snapshot app snap
	assert_clear_error 'no such layer' shale snapshot nobody snap
	assert_clear_error 'already' shale fork rw app
	refute [ -e home/rw/work/snapshot ]
	assert_eq "$(shale ls | awk '{ print $1 }' | tail -n +2 | sort | tr '\n' ' ')" 'app base rw '
	shale check
}
once_as 'root user' 'snapshot and fork refuse a taken id and an immutable layer'

# The command is killed after the snapshot was decided: the next command that locks the layer must
# finish it.
scenario() {
	local before
	needs_strace
	written
	shale put rw
	before=$(seen rw)
	cp -a home saved
	for point in renameat renameat2 fsync unlinkat; do
		for n in 1 3; do # the crash test kills at each call
			rm -rf home
			cp -a saved home
			strace -f -qq -o /dev/null -e "inject=$point:signal=KILL:when=$n" \
				"$SHALE" --home home --run run snapshot rw snap >/dev/null 2>&1 || :
			shale check || assert_eq damaged '' "killed before $point $n"
			! [ -e home/snap ] || assert_eq "$(seen snap)" "$before" "killed before $point $n"
			assert_eq "$(seen rw)" "$before" "killed before $point $n"
			shale check || assert_eq damaged '' "killed before $point $n"
			if shale exists snap; then
				assert_eq "$(parent_of rw)" snap
				assert_eq "$(seen snap)" "$before"
			else
				assert_eq "$(parent_of rw)" app
				shale snapshot rw snap >/dev/null 2>&1
			fi
			shale check
			assert_no_rubbish
		done
	done
}
once_as root 'a kill leaves the old state or the new one'

# The same of a mounted layer, whose mount must go on.
scenario() {
	local before point n tried=0 m=home/rw/merged
	needs_strace
	written
	shale put rw
	cp -a home saved
	for point in mkdirat write renameat renameat2 fsync unlinkat ioctl syncfs; do
		for n in 1 2 3 5 7; do
			[ $((tried++ % ${SHALE_CRASH_EVERY:-1})) = 0 ] || continue
			rm -rf home
			cp -a saved home
			shale get rw >/dev/null
			rm "$m/new/name"
			echo "$point $n" >"$m/new/file"
			before=$(tree "$m")
			strace -f -qq -o /dev/null -e "inject=$point:signal=KILL:when=$n" \
				"$SHALE" --home home --run run snapshot rw snap >/dev/null 2>&1 || :
			assert_eq "$(tree "$m")" "$before" "killed before $point $n"
			echo later >"$m/etc/later"
			shale check || assert_eq damaged '' "killed before $point $n"
			if [ $((n % 2)) = 0 ]; then
				shale put rw
				shale get rw >/dev/null
			else
				shale get rw >/dev/null
				shale put rw
			fi
			assert_content "$m/etc/later" later
			rm "$m/etc/later"
			if shale exists snap; then
				assert_eq "$(parent_of rw)" snap
			else
				assert_eq "$(parent_of rw)" app
				shale snapshot rw snap >/dev/null 2>&1
			fi
			assert_eq "$(grep -c '' home/snap/diff/new/file)" 1
			assert_content "$m/new/file" "$point $n"
			shale put rw
			assert_eq "$(cat "$(shale get snap)/new/file")" "$point $n"
			shale put snap
			shale check
			assert_no_rubbish
			refute [ -e home/rw/work.next ]
		done
	done
}
only_backend=fuse on_each_backend 'a kill during a snapshot of a mounted layer leaves the old state or the new one'

# A killed command leaves its "intent". With it root in a container could make the daemon take a
# snapshot.
scenario() {
	store_with_layers
	mkdir -p home/rw/work/snapshot
	echo '{"layer": "stray", "link": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}' >home/rw/work/snapshot/intent
	shale get rw >/dev/null
	refute [ -e home/rw/work/snapshot/intent ]
	shale put rw
	shale snapshot rw snap >/dev/null 2>&1
	refute [ -e home/stray ]
	shale check
}
on_each_backend 'the next command takes the intent of a killed one away'

# A daemon that is late must not take the snapshot after the command has failed.
scenario() {
	local before error m=home/rw/merged
	needs_strace
	written
	rm "$m/new/name"
	before=$(tree "$m")
	for error in ETIMEDOUT EBUSY EIO EMFILE; do
		refute strace -f -qq -o /dev/null -e "inject=ioctl:error=$error:when=1" \
			"$SHALE" --home home --run run snapshot rw snap 2>said
		grep -q '^shale: ' said
		refute [ -e home/snap ]
		refute [ -e home/rw/work/snapshot ]
		assert_eq "$(parent_of rw)" app
		assert_eq "$(tree "$m")" "$before"
	done
	shale snapshot rw snap 2>said
	grep -q '^shale: switched in ' said
	assert_eq "$(tree "$m")" "$before"
	shale put rw
	shale check
	assert_no_rubbish
}
only_backend=fuse on_each_backend 'a snapshot that the daemon does not answer leaves nothing'

# The digest of each file that a layer shows.
sum_of() { # ID
	local m
	m=$(shale get "$1")
	(cd "$m" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
	shale put "$1"
}

# Forks (SHALE_FORKS=100 for more) of a database that is written to all the time. A copy needs its writers
# frozen; a mount through FUSE does not.
forks=${SHALE_FORKS:-6}
scenario() {
	local m writer i group= now rows=0 sums
	command -v sqlite3 >/dev/null || skip 'there is no sqlite3'
	store_with_layers
	m=$(shale get rw)
	sqlite3 "$m/db" 'create table t (i integer primary key, text); insert into t (text) values (1)'
	if [ "$backend" = kernel ]; then
		mkdir cgroup
		mount -t cgroup2 none cgroup || skip 'there is no cgroup2'
		group=$(mktemp -d "$PWD/cgroup/shale-XXXXXX")
		[ -e "$group/cgroup.freeze" ] || skip 'this cgroup2 freezes nothing'
	fi
	(
		[ -z "$group" ] || echo "$BASHPID" >"$group/cgroup.procs"
		while [ ! -e stop ]; do
			sqlite3 "$m/db" "insert into t (text) values (hex(randomblob(3000))); update t set text = hex(randomblob(2000)) where i % 7 = 0"
		done
	) &
	writer=$!
	for ((i = 1; i <= forks; i++)); do
		shale fork ${group:+--freeze "$group"} rw "fork$i" >/dev/null 2>said
		[ "$backend" = kernel ] || grep -q '^shale: switched in ' said
		sums[i]=$(sum_of "fork$i")
		sleep 0.1
	done
	[ -z "$group" ] || assert_content "$group/cgroup.freeze" 0
	touch stop
	wait $writer
	[ -z "$group" ] || rmdir "$group"
	[ -z "$group" ] || umount cgroup
	for ((i = 1; i <= forks; i++)); do
		assert_eq "$(sum_of "fork$i")" "${sums[i]}" "each byte of fork $i"
		now=$(sqlite3 "$(shale get "fork$i")/db" 'pragma integrity_check; select count(*) from t')
		assert_eq "${now%$'\n'*}" ok "fork $i"
		[ "${now#ok?}" -ge "$rows" ]
		rows=${now#ok?}
		shale put "fork$i"
	done
	[ "$rows" -gt 5 ]
	assert_eq "$(sqlite3 "$m/db" 'pragma integrity_check')" ok
	shale put rw
	shale check
}
on_each_backend "each of $forks forks of a busy database is whole, and stays as it was"
