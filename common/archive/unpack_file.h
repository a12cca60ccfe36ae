/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the regular file that one tar entry describes. */
#pragma once

#include "common/archive/unpack.h"

/* Small files without xattrs get their name at once, and the rest by the backlog. */
int shale_unpack_file(struct shale_unpack *unpack, const struct shale_unpack_target *target,
	struct archive_entry *entry, struct shale_error *err);

/* The rest: for struct shale_backlog_work, with the struct shale_unpack as ARG. */
int shale_unpack_complete(void *arg, struct shale_backlog_file *file, struct shale_error *err);
