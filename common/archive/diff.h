/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a stack of layers adds to the stack below it: as a tar stream, as a list, as a size. */
#pragma once

#include <stddef.h>

#include "common/overlay/xattr.h"
#include "common/shale.h"

/* LAYERS are descriptors of the layers' roots, topmost first. The first N_ABOVE are compared with
 * what the others show; N_ABOVE == N_LAYERS compares with nothing. All stay the caller's. */
struct shale_diff_spec {
	const int *layers;
	size_t n_layers;
	size_t n_above;
	enum shale_xattr_class class;
	enum shale_ownership ownership;
};

/* Work is proportional to what the layers above hold. The tar is deterministic: sorted names, PAX
 * with nanosecond times and xattrs, hard links, sparse files, OCI whiteouts. */
int shale_diff_tar(const struct shale_diff_spec *spec, int out, struct shale_error *err);
int shale_diff_changes(const struct shale_diff_spec *spec, shale_change_fn *fn, void *arg,
	struct shale_error *err);
int shale_diff_size(
	const struct shale_diff_spec *spec, uint64_t *ret_bytes, struct shale_error *err);
