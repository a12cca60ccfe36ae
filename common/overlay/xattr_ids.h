/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ids inside xattr values: those in POSIX ACLs, and the root id of security.capability. They
 * are translated as the kernel does it for an id-mapped mount. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "common/overlay/idmap.h"

struct idmaps {
	const struct idmap *uids; /* NULL: ids stay as they are */
	const struct idmap *gids;
	/* Leave out ACL entries with an unmapped id, because the reader refuses an ACL that has
	 * one. */
	bool drop_strangers;
};

/* Whether values of the xattr NAME must be translated with MAPS. */
bool idmaps_has(const struct idmaps *maps, const char *name);

/* A value may grow by this many bytes. */
#define IDVALUE_GROWTH 4

/* The next two functions change the value of the xattr NAME in place, and return its new size or a
 * negative errno. A value of another form stays as it is. */

/* Translates from the disk to the mount. In an ACL an unmapped id becomes an id that no account
 * has. For a capability the result is -EOVERFLOW. */
ssize_t xattr_ids_show(const struct idmaps *maps, const char *name, void *value, size_t size);
/* Translates from the mount to the disk. Returns -EINVAL if no range covers an id. */
ssize_t xattr_ids_to_disk(const struct idmaps *maps, const char *name, void *value, size_t size);
/*
 * Checks whether the ids in the xattr NAME of FD allow a copy-up or an inheritance. Returns 0, also
 * if FD has no such xattr. If no range covers an id, returns -EINVAL for an ACL, otherwise
 * -EOVERFLOW.
 */
int xattr_ids_check(const struct idmaps *maps, const char *name, int fd);
