/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls that change snapshots. Each takes the catalog's lock itself, and may wait for a disk.
 * Each is done completely or not at all, even if the process is killed. */
#pragma once

#include "tools/shale-snapshotter/snapshots/catalog.h"
#include "tools/shale-snapshotter/wire/wire.h"

/* All functions below return WIRE_OK, or the status of the failure, with words in ERR. */

/* Makes a snapshot, and owns LABELS from then on. PARENT "": the snapshot has no parent. */
enum wire_status snapshot_make(struct catalog *catalog, enum snapshot_kind kind, const char *key,
	const char *parent, struct labels *labels, struct shale_error *err);
enum wire_status snapshot_commit(struct catalog *catalog, const char *name, const char *key,
	struct labels *labels, struct shale_error *err);
enum wire_status snapshot_remove(struct catalog *catalog, const char *key, struct shale_error *err);
/* Replaces KEY's labels by LABELS. */
enum wire_status snapshot_relabel(struct catalog *catalog, const char *key,
	int (*change)(struct labels *labels, void *arg), void *arg, struct shale_error *err);
enum wire_status snapshot_usage(struct catalog *catalog, const char *key, int64_t *ret_bytes,
	int64_t *ret_inodes, struct shale_error *err);
enum wire_status snapshot_cleanup(struct catalog *catalog, struct shale_error *err);

/* Puts words for STATUS into ERR, and returns STATUS. */
enum wire_status snapshot_fail(struct shale_error *err, enum wire_status status, const char *format,
	...) __attribute__((format(printf, 3, 4)));
/* Returns the status that a client gets when libshale returned CODE. */
enum wire_status snapshot_fail_store(int code);
