#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A store was moved, and a copy of it is at the old path: they do not share mounts.
. "${0%/*}/lib.sh"

of() { # HOME COMMAND...
	local home=$1
	shift
	"$SHALE" --home "$PWD/$home" --run "$PWD/run" --backend "$backend" "$@"
}

copied_store() {
	of home create base >/dev/null
	of home create --rw --parent base work >/dev/null
	cp -a home copy
}

scenario() {
	copied_store
	of home get work >/dev/null
	mv home moved
	mv copy home
	assert_clear_error "whose layer 'work' is mounted" of home ls
	assert_eq "$(of moved inspect work | grep Mounted:)" 'Mounted: 1'
	assert_clear_error "serves the store '$PWD/moved'" of home ls
	of moved put work
	assert_clear_error "serves the store '$PWD/moved'" of home ls
	assert_eq "$("$SHALE" --home "$PWD/home" --run "$PWD/other" inspect work | grep Mounted:)" \
		'Mounted: 0'
	rm -r moved
	assert_eq "$(of home inspect work | grep Mounted:)" 'Mounted: 0'
}
on_each_backend_as 'root userns' 'a copy in the place of a store that was moved while a layer is mounted'

scenario() {
	copied_store
	of home ls >/dev/null
	mv home moved
	of moved ls >/dev/null
	mv copy home
	assert_clear_error "serves the store '$PWD/moved'" of home ls
	mkdir bound
	[ "$kind" = user ] || mount --bind moved bound
	[ "$kind" = user ] || of bound ls >/dev/null
	of moved ls >/dev/null
	[ "$kind" = user ] || umount bound
}
once_as 'root user userns' 'a store that was moved is known by its new name'
