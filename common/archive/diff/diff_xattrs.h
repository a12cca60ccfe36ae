/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The xattrs of a layer's file as a tar carries them. */
#pragma once

#include <stdbool.h>

#include "common/archive/diff/diff.h"
#include "common/archive/pax.h"

struct diff_xattrs {
	bool metacopy; /* its data are a lower layer's */
	bool redirect; /* ... under another name */
};

/* Adds records for the xattrs and ACLs of FD (O_PATH will do), sorted by name: SCHILY.xattr.NAME,
 * and SCHILY.acl.access/default besides. Left out: what is the overlay's own, how ownership is
 * kept, and labels that belong to the host. Escaped names are written unescaped. */
int diff_xattrs(const struct diff_spec *spec, int fd, struct pax_records *records,
	struct diff_xattrs *ret, struct shale_error *err);

/* The capabilities of FD, as a number of bytes in VALUE; 0: none. */
ssize_t diff_capability(const struct diff_spec *spec, int fd, void *value, size_t size);
