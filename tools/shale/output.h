/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints answers on standard output: as lines, or with --json as one JSON value. */
#pragma once

#include <jansson.h>

#include "tools/shale/cli.h"

/* Makes a JSON string of TEXT, which may have any bytes: those that are not UTF-8 become U+FFFD. */
json_t *output_string(const char *text);
/* Puts TEXT into OBJECT at KEY. If it is not UTF-8, also puts its bytes in hexadecimal at
 * KEY_hex. */
int output_set_bytes(json_t *object, const char *key, const char *text);
/* Prints VALUE and frees it. */
void output_json(json_t *value);

/* Prints a single answer: the line VALUE, or {KEY: VALUE}. */
void output_value(const struct cli *cli, const char *key, const char *value);
void output_number(const struct cli *cli, const char *key, uint64_t value);

/* Prints pairs: as lines "Key: value", or as one object. Call begin, pass output_pair to the
 * library as its callback, then call end. */
struct output_pairs {
	const struct cli *cli;
	json_t *object;
};
void output_pairs_begin(struct output_pairs *pairs, const struct cli *cli);
int output_pair(const char *key, const char *value, void *pairs);
/* Ends the pairs. Prints nothing if they are not WHOLE. */
void output_pairs_end(struct output_pairs *pairs, bool whole);

/* Prints a table, or an array of objects whose keys are the column names. Add rows, then call
 * output_table_end, which prints all of them. */
struct output_table {
	const struct cli *cli;
	const char *const *columns; /* NULL-terminated */
	json_t *rows;
};
void output_table_begin(
	struct output_table *table, const struct cli *cli, const char *const *columns);
/* Adds a row: one value for each column. The table owns the values then. */
void output_row(struct output_table *table, json_t *const *values);
/* Ends the table. Prints nothing if it is not WHOLE. */
void output_table_end(struct output_table *table, bool whole);

/* Writes out all that was printed so far. If that fails, sets CLI's error and returns a negative
 * errno; else 0. */
int output_flush(struct cli *cli);

/* Prints a file's NAME, quoted so that it stays on one line and can be read back (see
 * tools/quote.h). */
void output_name(const char *name);
/* Prints a line of two quoted texts with BETWEEN between them. */
void output_words(const char *what, const char *between, const char *name);
