/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As which user a command runs: "User" of an image's config, looked up in the image. */
#pragma once

#include "common/shale.h"

#include <sys/types.h>

#define IDENTITY_GROUPS_MAX 64

struct identity {
	uid_t uid;
	gid_t gid;
	gid_t groups[IDENTITY_GROUPS_MAX]; /* the other ones */
	size_t n_groups;
	char home[256];
};

/* USER: "", or NAME|UID[:GROUP|GID]. A name must be in /etc/passwd or /etc/group of ROOT; of a
 * number they tell group and home, if they have it. -EINVAL. */
int identity_find(int root, const char *user, struct identity *ret, struct shale_error *err);
/* Becomes that user, for good. */
int identity_assume(const struct identity *identity, struct shale_error *err);
