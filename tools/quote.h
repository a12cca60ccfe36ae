/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text that did not come from shale, as a terminal may be given it. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Prints TEXT to OUT with each byte of a control character (C0, DEL, C1, also in UTF-8), of what
 * reorders lines (bidirectional controls, line separators), and of what is not UTF-8 as \n, \t, \r
 * or \ooo, as ls -b does. NAME: a backslash is doubled, so that it can be read back. */
void text_quote(FILE *out, const char *text, bool name);
/* Returns the quoted text as a string that the caller frees; NULL without memory. */
char *text_quoted(const char *text, bool name);
