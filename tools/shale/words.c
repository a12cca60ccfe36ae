/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/words.h"

#include <stdio.h>
#include <stdlib.h>

void words_add(struct words *words, const char *word)
{
	const char **bigger = realloc(words->list, (words->n + 1) * sizeof(*bigger));

	if (!bigger) {
		fprintf(stderr, "shale: out of memory\n");
		exit(1);
	}
	words->list = bigger;
	words->list[words->n++] = word;
}

void words_free(struct words *words)
{
	free(words->list);
	*words = (struct words){ 0 };
}
