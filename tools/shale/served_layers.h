/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the layers that are mounted here through FUSE, each with a daemon. */
#pragma once

#include "tools/shale/cli.h"

struct served_layers {
	char **ids;
	size_t n;
};

/* Finds the layers. Returns 0, or a negative errno with words in CLI's error. The caller frees
 * SERVED, also after an error. */
int served_layers_find(struct cli *cli, struct served_layers *served);
void served_layers_free(struct served_layers *served);
