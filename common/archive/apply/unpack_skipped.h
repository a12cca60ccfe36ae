/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remembers devices that cannot be made here, so that hard links to them are left out too. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/archive/entry_name.h"

struct unpack_skipped {
	uint64_t devices; /* how many devices and links to them were skipped */
	char **paths; /* paths of the skipped devices; only the first ones are kept, more than any
			 real /dev has */
	size_t n;
};

int unpack_skip_device(struct unpack_skipped *skipped, const struct entry_name *name);
bool unpack_is_skipped(const struct unpack_skipped *skipped, const struct entry_name *name);
void unpack_skipped_free(struct unpack_skipped *skipped);
