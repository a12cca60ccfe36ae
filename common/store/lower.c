/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/lower.h"

#include "common/cleanup.h"

#include <stdio.h>

int shale_lower_text(const struct shale_layer *parent, char **ret)
{
	auto_free char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -ENOMEM;
	fprintf(out, "l/%s", parent->link);
	for (size_t i = 0; i < parent->n_lowers; i++)
		fprintf(out, ":%s", parent->lowers[i]);
	if (fclose(out) != 0)
		return -ENOMEM;
	*ret = steal_ptr(&text);
	return 0;
}
