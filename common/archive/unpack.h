/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes what one tar entry describes. */
#pragma once

#include <stdbool.h>

#include "common/archive/backlog.h"
#include "common/archive/entry_name.h"
#include "common/archive/place.h"
#include "common/archive/restore.h"
#include "common/archive/tarstream.h"

struct shale_unpack {
	const struct shale_apply_spec *spec;
	struct shale_apply_limits limits;
	struct shale_restore restore;
	struct shale_tarstream *stream;
	struct shale_place place;
	struct shale_backlog *backlog;
	/* NULL: nobody wants digests. The second one is for what the backlog completes. */
	struct shale_datasum *datasum, *behind;
	uint64_t bytes; /* as in struct shale_apply_result, so far */
	uint64_t skipped_devices;
	bool told_of_root; /* an entry was the root's */
};

/* Where an entry goes. */
struct shale_unpack_target {
	int dirfd;
	const char *name;
	const char *path; /* of a regular file, for the record; NULL: not known, or there is none */
};

/* For what is no directory: what has the name goes. It is looked for only when the name turns out
 * to be taken, which it seldom is. */
int shale_unpack_make_room(struct shale_unpack *unpack, const struct shale_unpack_target *target,
	struct shale_error *err);

/* NAME is a plain one. What had the name is replaced; a directory keeps its contents. */
int shale_unpack_entry(struct shale_unpack *unpack, const struct shale_entry_name *name,
	struct archive_entry *entry, struct shale_error *err);
/* The root directory's own metadata. */
int shale_unpack_root(
	struct shale_unpack *unpack, struct archive_entry *entry, struct shale_error *err);
