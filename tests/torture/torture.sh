#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copy-up under load: several processes change the same lower files, and each byte is compared.
. "${0%/*}/../e2e/lib.sh"

: "${TORTURE:=${DIFFERENTIAL%/*}/torture}"
seed=${SHALE_TORTURE_SEED:-1} operations=${SHALE_TORTURE_OPERATIONS:-600}

same_files() { # DIR DIR
	local i
	for i in 0 1 2; do
		cmp "$1/$i" "$2/$i"
	done
}

scenario() {
	local i
	mkdir plain before
	for i in 0 1 2; do
		head -c $((1000000 * (i + 1) + 77)) /dev/urandom >"lower/$i"
	done
	cp lower/* plain/ && cp lower/* before/
	mount_merged
	"$TORTURE" 3 merged plain 4 "$operations" "$seed"
	same_files merged plain
	remount
	same_files merged plain
	"$TORTURE" 3 merged plain 4 "$operations" "$((seed + 1))"
	umount_merged
	same_files upper plain
	same_files lower before
}
on_each_backend_as 'root user userns' 'four processes write, map and cut the same lower files'

# Makes a table of rows whose contents follow from their number and from how often they were changed.
make_database() { # FILE
	sqlite3 "$1" 'PRAGMA page_size = 4096; CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, data BLOB);
		WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 22000)
		INSERT INTO t SELECT i, 0, zeroblob(4000) FROM c;'
}

change_rows() { # FILE FIRST
	local round
	for round in $(seq 20); do
		echo "BEGIN IMMEDIATE; UPDATE t SET n = n + 1, data = CAST(printf('%04000d', id * 31 + n) AS BLOB)
			WHERE id % 400 = $2 + $round * 4; COMMIT;"
	done | sqlite3 -cmd '.timeout 60000' "$1" >/dev/null
}

scenario() {
	local i
	command -v sqlite3 >/dev/null || skip 'there is no sqlite3'
	make_database lower/db
	[ "$(stat -c %s lower/db)" -gt 90000000 ]
	cp lower/db plain.db
	for i in 0 1 2 3; do change_rows plain.db "$i"; done
	mount_merged
	for i in 0 1 2 3; do change_rows merged/db "$i" & done
	wait
	assert_eq "$(sqlite3 merged/db 'PRAGMA integrity_check')" ok
	sqlite3 plain.db 'SELECT * FROM t ORDER BY id' | sha256sum >expected
	sqlite3 merged/db 'SELECT * FROM t ORDER BY id' | sha256sum | cmp - expected
	remount
	sqlite3 merged/db 'SELECT * FROM t ORDER BY id' | sha256sum | cmp - expected
	umount_merged
	sqlite3 upper/db 'SELECT * FROM t ORDER BY id' | sha256sum | cmp - expected
}
on_each_backend_as 'root user userns' 'a database of 90 MB in a lower layer is changed by four processes'
