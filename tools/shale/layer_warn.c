/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/layer_warn.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void layer_warn(const char *id, unsigned long warnings, uint64_t skipped_xattrs)
{
	if (warnings & SHALE_WARN_NO_END)
		fprintf(stderr,
			"shale: layer '%s': the archive has no end: it may have been cut short\n",
			id);
	if (warnings & SHALE_WARN_XATTRS)
		fprintf(stderr,
			"shale: layer '%s': left out: %" PRIu64 " xattrs that the kernel does "
			"not let those files, or this user, have\n",
			id, skipped_xattrs);
}

void layer_warn_all(struct shale_store *store, const char *top)
{
	struct shale_layer_info *info = NULL, *parent;

	if (!*top || shale_layer_info(store, top, &info, NULL) < 0)
		return;
	for (; info; info = parent) {
		layer_warn(info->id, info->warnings, info->skipped_xattrs);
		parent = NULL;
		if (*info->parent)
			shale_layer_info(store, info->parent, &parent, NULL);
		free(info);
	}
}
