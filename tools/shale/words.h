/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of words from the command line, such as the values of a repeated option. */
#pragma once

#include <stddef.h>

struct words {
	const char **list;
	size_t n;
};
/* Adds WORD, which must stay valid. */
void words_add(struct words *words, const char *word);
void words_free(struct words *words);
