/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Times and default ACLs of directories, which are set when everything is unpacked. */
#pragma once

#include <sys/stat.h>
#include <time.h>

#include "common/archive/apply/restore_metadata.h"

struct deferred_dirs;

struct deferred_dirs *deferred_dirs_new(void);
void deferred_dirs_free(struct deferred_dirs *dirs);

/* Notes the times and ACL of the directory PATH ("" for the root), open as FD. Takes ACL (SIZE
 * bytes, or NULL) over, also on failure. A later note of the same directory wins. */
int deferred_dirs_add(struct deferred_dirs *dirs, const char *path, int fd,
	const struct timespec times[2], char *acl, size_t size);

/* Sets the noted times and ACLs, in the order of the notes; skips a directory that was removed
 * or replaced since. */
int deferred_dirs_run(
	struct deferred_dirs *dirs, const struct restore *restore, struct shale_error *err);

static inline void cleanup_deferred_dirs(struct deferred_dirs **dirs)
{
	deferred_dirs_free(*dirs);
}
#define auto_deferred_dirs __attribute__((cleanup(cleanup_deferred_dirs)))
