#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A read fails once, as on a failing disk: the file is not lost, and must not be taken for absent.
. "${0%/*}/lib.sh"
# LeakSanitizer cannot work below strace.
export ASAN_OPTIONS=detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}

# Makes each CALL on PATH fail in the command that follows.
unreadable() { # CALL PATH COMMAND...
	local call=$1 path=$PWD/$2
	shift 2
	strace -f -qq -o /dev/null -P "$path" -e "inject=$call:error=EIO" \
		"$SHALE" --home "$PWD/home" --run "$PWD/run" --backend "$backend" "$@"
}

begin() {
	command -v strace >/dev/null || skip 'there is no strace'
	store_with_layers
}

scenario() {
	local status=0
	begin
	unreadable pread64 home/base/diff/etc/one check --repair >said || status=$?
	assert_eq "$status" 1 'status of check --repair'
	grep -qF "layer base: '/etc/one' cannot be read: Input/output error" said || cat said
	unreadable newfstatat home/base/diff/etc check --repair >/dev/null && false
	unreadable getdents64 home/app/diff/srv check --repair >/dev/null && false
	assert_absent home/lost+found
	shale check
	assert_eq "$(shale ls | awk 'NR > 1 { print $1 }' | sort | tr '\n' ' ')" 'app base rw '
}
once_as root 'check --repair removes no layer for an I/O error'

scenario() {
	begin
	assert_clear_error 'Input/output error' unreadable getdents64 home rm base
	assert_clear_error 'Input/output error' unreadable newfstatat home/base rm base
	assert_clear_error 'need it: app' shale rm base
	shale check
}
once_as root 'no layer is removed while its children cannot be looked for'

scenario() {
	begin
	shale create --rw --parent app --opt redirect_dir=on moved >/dev/null
	mv "$(shale get moved)/usr" home/moved/merged/renamed
	touch home/moved/merged/renamed/new
	shale put moved
	assert_clear_error 'Input/output error' unreadable getdents64 home/moved/diff convert moved
	shale check
	shale convert moved
	assert_content home/moved/diff/renamed/bin/tool tool
}
once_as root 'no layer is converted halfway'
