/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/layer_warn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int layer_warn(const char *key, const char *value, void *id)
{
	if (!strcmp(key, "End"))
		fprintf(stderr,
			"shale: layer '%s': the archive has no end: it may have been cut short\n",
			(const char *)id);
	if (!strcmp(key, "SkippedXattrs"))
		fprintf(stderr,
			"shale: layer '%s': left out: %s xattrs that the kernel lets no link, "
			"device or fifo have\n",
			(const char *)id, value);
	return 0;
}

struct look {
	char *id, *parent;
};

static int look_at(const char *key, const char *value, void *arg)
{
	struct look *look = arg;

	if (!strcmp(key, "Parent") && *value && !look->parent)
		look->parent = strdup(value);
	return layer_warn(key, value, look->id);
}

void layer_warn_all(struct shale_store *store, const char *top)
{
	struct look look = { .id = *top ? strdup(top) : NULL };

	while (look.id) {
		int r = shale_layer_metadata(store, look.id, look_at, &look, NULL);
		free(look.id);
		look.id = look.parent;
		look.parent = NULL;
		if (r < 0) {
			free(look.id);
			break;
		}
	}
}
