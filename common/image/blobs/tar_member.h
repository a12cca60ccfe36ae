/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the place of each member in the file of an uncompressed tar archive. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/shale.h"

struct member {
	char *name; /* normalised: no "./", "//", ".." or "/" at its ends */
	char *link; /* normalised name of the member that this one links to; NULL if it is a file */
	uint64_t at;
	uint64_t size;
};

struct members {
	struct member *list; /* sorted by name */
	size_t n;
};

/* Reads the headers of the archive FD from its start. Returns -EBADMSG if FD is no tar, or ends too
 * early. */
int members_read(int fd, struct members *ret, struct shale_error *err);
/* Finds the member NAME; follows links. Returns NULL if there is none. */
const struct member *members_find(const struct members *members, const char *name);
void members_free(struct members *members);

/* Resolves PATH in the directory BASE ("" for the root) to a path without "." and "..". Returns
 * NULL, with -EINVAL or -ENOMEM in RET_CODE, if PATH leads above the root or is empty. */
char *member_path(const char *base, const char *path, int *ret_code);
