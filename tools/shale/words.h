/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of words from the command line, as those of repeated options. */
#pragma once

#include <stddef.h>

struct words {
	const char **list;
	size_t n;
};
/* Borrows WORD. */
void words_add(struct words *words, const char *word);
void words_free(struct words *words);
