/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers on standard output: lines for people and scripts, or with --json one value. */
#pragma once

#include <jansson.h>

#include "tools/shale/cli.h"

/* A JSON string of TEXT, whatever bytes it holds: what is not UTF-8 becomes U+FFFD. */
json_t *output_string(const char *text);
/* Puts TEXT into OBJECT at KEY. If it is not UTF-8 its bytes are there too, in hexadecimal, at
 * KEY_hex. */
int output_set_bytes(json_t *object, const char *key, const char *text);
/* Prints VALUE and releases it. */
void output_json(json_t *value);

/* One answer: the bare VALUE on a line, or {KEY: VALUE}. */
void output_value(const struct cli *cli, const char *key, const char *value);
void output_number(const struct cli *cli, const char *key, uint64_t value);

/* Pairs: lines "Key: value", or one object. Begin, pass output_pair to the library, end. */
struct output_pairs {
	const struct cli *cli;
	json_t *object;
};
void output_pairs_begin(struct output_pairs *pairs, const struct cli *cli);
int output_pair(const char *key, const char *value, void *pairs);
/* WHOLE: else nothing is printed. */
void output_pairs_end(struct output_pairs *pairs, bool whole);

/* A table, or an array of objects: columns are named as the keys are. Rows may come in any number
 * before the end, where the table is printed. */
struct output_table {
	const struct cli *cli;
	const char *const *columns; /* to the end NULL */
	json_t *rows;
};
void output_table_begin(
	struct output_table *table, const struct cli *cli, const char *const *columns);
/* One value per column: takes them over. */
void output_row(struct output_table *table, json_t *const *values);
/* WHOLE: else nothing is printed. */
void output_table_end(struct output_table *table, bool whole);

/* Writes all that was printed so far, or sets CLI's error: an answer that did not arrive is none. 0
 * or a negative errno. */
int output_flush(struct cli *cli);

/* A file's NAME, quoted so that it stays on its line and can be read back: tools/quote.h. */
void output_name(const char *name);
/* A line of two texts that are quoted, and what is BETWEEN them. */
void output_words(const char *what, const char *between, const char *name);
