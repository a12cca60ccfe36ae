/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of words from the command line, such as the values of a repeated option. */
#pragma once

#include <stddef.h>

struct word_list {
	const char **list;
	size_t n;
};
/* Adds WORD, which must stay valid. */
void word_list_add(struct word_list *words, const char *word);
void word_list_free(struct word_list *words);
