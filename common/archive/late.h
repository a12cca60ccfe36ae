/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What directories get only when everything is unpacked: times, and default ACLs. */
#pragma once

#include <sys/stat.h>
#include <time.h>

#include "common/archive/restore.h"

struct shale_late;

struct shale_late *shale_late_new(void);
void shale_late_free(struct shale_late *late);

/* Notes the directory PATH ("" for the root), open as FD. ACL (SIZE bytes, or NULL) is taken over,
 * also on failure. A later note of the same directory wins. */
int shale_late_add(struct shale_late *late, const char *path, int fd,
	const struct timespec times[2], char *acl, size_t size);

/* Carries the notes out, in order; directories that are gone meanwhile, or replaced, are left out.
 */
int shale_late_run(
	struct shale_late *late, const struct shale_restore *restore, struct shale_error *err);

static inline void cleanup_late(struct shale_late **late)
{
	shale_late_free(*late);
}
#define auto_late __attribute__((cleanup(cleanup_late)))
