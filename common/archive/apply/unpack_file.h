/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the regular file that one tar entry describes. */
#pragma once

#include "common/archive/apply/unpack_entry.h"

/* Small files without xattrs get their name at once, and the rest by the backlog. */
int unpack_regular_file(struct unpack *unpack, const struct unpack_target *target,
	struct archive_entry *entry, struct shale_error *err);

/* The rest: for struct backlog_work, with the struct unpack as ARG. */
int unpack_regular_complete(void *arg, struct backlog_file *file, struct shale_error *err);
