/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the data of a layer's regular file to a tar. */
#pragma once

#include "common/archive/diff/diff_xattrs.h"
#include "common/archive/pax.h"
#include "common/archive/diff/walk.h"

struct diff_file {
	struct walk_dir *dir;
	const struct stack_entry *entry;
	int fd;
	bool readable; /* the descriptor can be read from, so it is not O_PATH */
	struct diff_xattrs marks;
};

/* Writes OUT's header and FILE's data, with a map if its holes are large. Reads the data of a
 * metacopy from the layer that has them. Returns -ESTALE if the file shrinks meanwhile. */
int diff_write_data(struct pax *pax, struct pax_entry *out, const struct diff_file *file,
	struct shale_error *err);
