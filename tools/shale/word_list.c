/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/word_list.h"

#include <stdio.h>
#include <stdlib.h>

void word_list_add(struct word_list *words, const char *word)
{
	const char **bigger = realloc(words->list, (words->n + 1) * sizeof(*bigger));

	if (!bigger) {
		fprintf(stderr, "shale: out of memory\n");
		exit(1);
	}
	words->list = bigger;
	words->list[words->n++] = word;
}

void word_list_free(struct word_list *words)
{
	free(words->list);
	*words = (struct word_list){ 0 };
}
