#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A layer may hold setuid programs: no other user of the host may reach them at any time (other stores
# had CVE-2021-41091 and CVE-2021-41103).
. "${0%/*}/lib.sh"

# Lists each path below home/ and run/, at DEPTH or deeper, that a plain user can reach.
reachable() { # DEPTH
	find home run -mindepth "$1" -print0 >all
	[ -s all ]
	chmod 644 all
	# shellcheck disable=SC2016 # for the shell inside
	as_user bash -c 'while IFS= read -r -d "" path; do
		[ ! -e "$path" ] && [ ! -L "$path" ] || echo "$path"; done <all'
}

# Every directory on the path refuses other users by itself, so that one wrong mode is not enough.
assert_shut() { # WHEN
	assert_eq "$(find home run -maxdepth 1 -type d -perm /077)" '' "$1: open to others"
	assert_eq "$(reachable 1)" '' "$1: reachable"
	chmod 755 home run
	assert_eq "$(reachable 1 | grep -cx home/base)" 1 'what can be reached is told'
	assert_eq "$(reachable 2)" '' "$1: reachable through home and run"
	chmod 700 home run
	chmod 755 home/* run/*/
	assert_eq "$(reachable 1)" '' "$1: reachable through what lies in home and run"
	chmod 700 home/* run/*/
}

setuid_tree() {
	mkdir -p tree/bin
	cp "$(command -v id)" tree/bin/id
	truncate -s 200K tree/bin/id # a small file may wait for others to be completed
	chmod 6755 tree/bin/id
	mkdir -m 777 tree/tmp
}

scenario() {
	local writer path
	umask 000
	mkdir -m 777 home run
	chmod 755 run # shale accepts it, because no other user may write to it
	setuid_tree
	layer_of base '' tree
	layer_of app base tree
	shale create --rw --parent app rw >/dev/null
	chmod 700 run
	assert_shut 'at rest'
	path=$(shale get rw)
	cp tree/bin/id "$path/bin/mine"
	chmod 6755 "$path/bin/mine"
	[ -u "$path/bin/id" ]
	shale changes rw >/dev/null
	assert_shut 'while it is mounted'
	shale create next >/dev/null
	head -c 8M /dev/urandom >tree/much # a large file: apply reads ahead of the file that it unpacks
	tar -C tree -cf tree.tar bin much
	mkfifo pipe
	{
		head -c $(($(stat -c %s tree.tar) - 512)) tree.tar
		until [ -e go ]; do sleep 0.02; done
		tail -c 512 tree.tar
	} >pipe &
	writer=$!
	shale apply next pipe >applied &
	until [ -u "$(echo home/staging/*/layer/diff/bin/id)" ]; do sleep 0.02; done
	assert_shut 'while it is unpacked'
	touch go
	wait "$writer" $!
	[ -s applied ]
	shale commit rw new >/dev/null
	assert_shut 'afterwards'
	# Shows that the attack works otherwise: a layer that a user mounts at a public place can be
	# reached by all.
	mkdir -m 755 public
	shale mount rw public
	assert_eq "$(as_user public/bin/id -u)" 0
	shale umount public
	shale put rw
}
on_each_backend 'setuid programs are out of reach, at rest, mounted, and half unpacked'

# In a user's store a setuid program gives others the rights of that user.
scenario() {
	umask 000
	setuid_tree
	layer_of base '' tree
	shale create --rw --parent base rw >/dev/null
	shale get rw >/dev/null
	assert_eq "$(find home run -maxdepth 1 -type d -perm /077)" '' 'open to others'
	shale put rw
}
on_each_backend_as 'user userns' 'the store of a plain user is private as well'

scenario() {
	umask 000
	export XDG_DATA_HOME=$PWD/data XDG_RUNTIME_DIR=$PWD/runtime
	mkdir runtime
	"$SHALE" init
	assert_eq "$(stat -c %a data/shale runtime/shale | tr '\n' ' ')" '700 700 '
}
once_as user 'the default directories are private'
