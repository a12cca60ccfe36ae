/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ids inside the values of xattrs: POSIX ACLs, and the root of the user namespace for which
 * security.capability counts. They are translated as the kernel does it for an id-mapped mount.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "common/overlay/idmap.h"

struct idmaps {
	const struct idmap *uids; /* NULL: as they are */
	const struct idmap *gids;
	/* The reader refuses an ACL with an id that nobody can have: such an entry is left out. */
	bool drop_strangers;
};

/* Whether values of the xattr NAME must be translated with MAPS. */
bool idmaps_has(const struct idmaps *maps, const char *name);

/* How many bytes a value may grow. */
#define IDVALUE_GROWTH 4

/* Both change the value of NAME in place and return its new size, or a negative errno. A value of
 * another form stays as it is. From the disk to the users of the mount. An ACL's id that no range
 * covers becomes one that nobody has; -EOVERFLOW for a capability. */
ssize_t idvalue_show(const struct idmaps *maps, const char *name, void *value, size_t size);
/* From a user of the mount to the disk: -EINVAL if no range covers an id. */
ssize_t idvalue_to_disk(const struct idmaps *maps, const char *name, void *value, size_t size);
/* 0 if no id in the xattr NAME of FD, which may have none, keeps the file from being copied up, or
 * others from inheriting it: -EINVAL (an ACL) or -EOVERFLOW where no range covers one. */
int idvalue_check(const struct idmaps *maps, const char *name, int fd);
