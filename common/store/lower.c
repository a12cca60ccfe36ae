/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/lower.h"

#include "common/base/scope.h"

#include <stdio.h>

int lower_to_text(const struct layer *parent, char **ret)
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
