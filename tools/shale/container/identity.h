/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The user of a command: "User" in the image's config, looked up in the image's own files. */
#pragma once

#include "common/shale.h"

#include <sys/types.h>

#define IDENTITY_GROUPS_MAX 64

struct identity {
	uid_t uid;
	gid_t gid;
	gid_t groups[IDENTITY_GROUPS_MAX]; /* supplementary groups */
	size_t n_groups;
	char home[256];
};

/* Finds the ids of USER: "", or NAME|UID[:GROUP|GID]. A name must be in /etc/passwd or /etc/group
 * of ROOT; for a number these files give group and home, if they have it. Returns -EINVAL for an
 * unknown name. */
int identity_find(int root, const char *user, struct identity *ret, struct shale_error *err);
/* Makes this process run as that user, with no way back. */
int identity_assume(const struct identity *identity, struct shale_error *err);
