/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes foreign text (names of files, images, ...) safe to print on a terminal. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Prints TEXT to OUT. Replaces some bytes by \n, \t, \r or \ooo, as ls -b does: control characters
 * (C0, DEL, C1, also in UTF-8), characters that change the order of a line (bidirectional controls,
 * line separators), and bytes that are not UTF-8. NAME: also doubles a backslash, so that the text
 * can be read back. */
void text_quote(FILE *out, const char *text, bool name);
/* Returns the quoted text as a string that the caller frees; NULL without memory. */
char *text_quoted(const char *text, bool name);
