/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes what one tar entry describes. */
#pragma once

#include <stdbool.h>

#include "common/archive/apply/backlog.h"
#include "common/archive/entry_name.h"
#include "common/archive/apply/place.h"
#include "common/archive/apply/restore_metadata.h"
#include "common/archive/apply/tarstream.h"

struct unpack {
	const struct apply_spec *spec;
	struct apply_limits limits;
	struct restore restore;
	struct tarstream *stream;
	struct place place;
	struct backlog *backlog;
	/* NULL: nobody wants digests. The second one is for what the backlog completes. */
	struct datasum *datasum, *behind;
	uint64_t bytes; /* as in struct apply_result, so far */
	uint64_t skipped_devices;
	bool told_of_root; /* an entry was the root's */
};

/* Where an entry goes. */
struct unpack_target {
	int dirfd;
	const char *name;
	const char *path; /* of a regular file, for the record; NULL: not known, or there is none */
};

/* For what is no directory: what has the name goes. It is looked for only when the name turns out
 * to be taken, which it seldom is. */
int unpack_make_room(
	struct unpack *unpack, const struct unpack_target *target, struct shale_error *err);

/* NAME is a plain one. What had the name is replaced; a directory keeps its contents. */
int unpack_entry(struct unpack *unpack, const struct entry_name *name, struct archive_entry *entry,
	struct shale_error *err);
/* The root directory's own metadata. */
int unpack_root(struct unpack *unpack, struct archive_entry *entry, struct shale_error *err);
