/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes what one tar entry describes. */
#pragma once

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
	struct shale_datasum *datasum; /* NULL: nobody wants digests */
	struct stat known;             /* of the file being unpacked; no inode: not known */
	uint64_t bytes;                /* sum of the sizes of the regular files so far */
};

/* NAME is a plain one. What had the name is replaced; a directory keeps its contents. */
int shale_unpack_entry(struct shale_unpack *unpack, const struct shale_entry_name *name,
	struct archive_entry *entry, struct shale_error *err);
/* The root directory's own metadata. */
int shale_unpack_root(
	struct shale_unpack *unpack, struct archive_entry *entry, struct shale_error *err);
