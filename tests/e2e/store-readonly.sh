#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Commands that only read work where nothing can be written.
. "${0%/*}/lib.sh"

run=run/dir

shale() { # COMMAND...
	"$SHALE" --home "$PWD/home" --run "$PWD/$run" --backend "$backend" "$@"
}

# Puts each on a filesystem of its own.
prepare() {
	mkdir home run
	mount -t tmpfs -o size=32m shale-e2e home
	mount -t tmpfs -o size=2m shale-e2e run
	store_with_layers
	tar -C tree1 -cf tree1.tar .
	shale import tree1.tar image:1 >/dev/null
}

unprepare() {
	umount run home
}

assert_reads() {
	local command
	while read -r command; do
		# shellcheck disable=SC2086 # words
		rm -f export.tar
		shale $command >answer
		[ -s answer ] || [[ $command =~ ^(check|exists|export) ]] ||
			assert_eq '' 'an answer' "of $command"
	done <<-'END'
		ls
		tree
		inspect rw
		inspect app
		status
		du
		check
		exists rw
		changes app
		diff app
		size app
		images
		export image:1 export.tar
	END
}

scenario() {
	prepare
	assert_reads
	mount -o remount,ro run
	assert_reads
	assert_clear_error 'Read-only file system' shale get rw
	mount -o remount,rw run
	dd if=/dev/zero of=run/fill bs=64k 2>/dev/null || :
	assert_reads
	assert_clear_error 'No space left' shale get rw
	run=run/full
	assert_reads
	rm run/fill
	mount -o remount,ro run
	run=run/absent
	assert_reads
	assert_clear_error 'Read-only file system' shale get rw
	assert_clear_error 'Read-only file system' shale umount /nowhere
	run=run/dir
	mount -o remount,ro home
	assert_reads
	unprepare
}
on_each_backend_as 'root userns' 'commands that read need neither RUN nor a HOME that can be written to'

scenario() {
	prepare
	shale get rw >/dev/null
	dd if=/dev/zero of=run/fill bs=64k 2>/dev/null || :
	assert_reads
	shale ls | grep -q '^rw .* 1$'
	rm run/fill
	shale put rw
	unprepare
}
on_each_backend_as 'root userns' 'a mount is counted even if RUN is full'
