/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/served_layers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int keep_served(const struct shale_layer_info *layer, void *arg)
{
	struct served_layers *served = arg;

	if (strcmp(layer->backend, "fuse") != 0 || strcmp(layer->state, "mounted") != 0)
		return 0;
	char **ids = reallocarray(served->ids, served->n + 1, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	served->ids = ids;
	ids[served->n] = strdup(layer->id);
	return ids[served->n] ? (served->n++, 0) : -ENOMEM;
}

int served_layers_find(struct cli *cli, struct served_layers *served)
{
	return shale_layer_list(cli->store, keep_served, served, &cli->err);
}

void served_layers_free(struct served_layers *served)
{
	for (size_t i = 0; i < served->n; i++)
		free(served->ids[i]);
	free(served->ids);
}
