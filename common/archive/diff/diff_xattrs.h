/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the xattrs of a layer's file as records of a tar. */
#pragma once

#include <stdbool.h>

#include "common/archive/diff/diff.h"
#include "common/archive/pax.h"

struct diff_xattrs {
	bool metacopy; /* the file's data are in a lower layer */
	bool redirect; /* the lower file with the data has another name */
};

/* Adds records for the xattrs and ACLs of FD (O_PATH will do), sorted by name:
 * SCHILY.xattr.NAME, and also SCHILY.acl.access/default. Leaves out the overlay's own xattrs,
 * those that keep owners, and labels of the host. Unescapes escaped names. */
int diff_xattrs(const struct diff_spec *spec, int fd, struct pax_records *records,
	struct diff_xattrs *ret, struct shale_error *err);

/* Reads the capabilities of FD into VALUE. Returns their size, 0 without any. */
ssize_t diff_capability(const struct diff_spec *spec, int fd, void *value, size_t size);
