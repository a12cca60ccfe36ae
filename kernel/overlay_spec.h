/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The layers and options of one overlay mount. */
#pragma once

#include <stddef.h>

/* All names are absolute, or relative to the working directory. */
struct overlay {
	const char *const *lowers; /* topmost first */
	size_t n_lowers;
	const char *upper; /* NULL: read-only */
	const char *work;  /* NULL if UPPER is NULL */
	const char *label; /* SELinux context, or NULL */
	/* "KEY" or "KEY=VALUE", NULL-terminated; values have no commas. */
	const char *const *options;
};
