/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"

#include "common/base/scope.h"
#include "tools/jsontext.h"
#include "tools/quote.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS_MAX 8

json_t *output_string(const char *text)
{
	json_t *string = jsontext(text);

	return string ? string : json_null();
}

int output_set_bytes(json_t *object, const char *key, const char *text)
{
	auto_free char *hex = NULL, *hex_key = NULL;
	const size_t length = strlen(text);
	json_t *whole = json_string(text);

	if (whole)
		return json_object_set_new(object, key, whole);
	hex = malloc(2 * length + 1);
	if (!hex || asprintf(&hex_key, "%s_hex", key) < 0)
		return -1;
	for (size_t i = 0; i < length; i++)
		sprintf(hex + 2 * i, "%02x", (unsigned char)text[i]);
	return json_object_set_new(object, key, output_string(text)) < 0
		       ? -1
		       : json_object_set_new(object, hex_key, json_string(hex));
}

void output_json(json_t *value)
{
	/* To a terminal print only ASCII: it could take other characters for control codes. */
	size_t ascii = isatty(STDOUT_FILENO) ? JSON_ENSURE_ASCII : 0;

	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY | ascii);
	putchar('\n');
	json_decref(value);
}

int output_flush(struct cli *cli)
{
	int r = fflush(stdout) == 0 ? 0 : -errno;

	if (r == 0 && ferror(stdout))
		r = -EIO;
	if (r == 0)
		return 0;
	cli->err = (struct shale_error){ .code = r };
	snprintf(
		cli->err.text, sizeof(cli->err.text), "write to standard output: %s", strerror(-r));
	return r;
}

/* Prints the value as it is, without quotes, since scripts use it. */
static void output_line(const char *value)
{
	if (isatty(STDOUT_FILENO))
		text_quote(stdout, value, false);
	else
		fputs(value, stdout);
	putchar('\n');
}

void output_value(const struct cli *cli, const char *key, const char *value)
{
	if (cli->json)
		output_json(json_pack("{s:o}", key, output_string(value)));
	else
		output_line(value);
}

void output_number(const struct cli *cli, const char *key, uint64_t value)
{
	if (cli->json)
		output_json(json_pack("{s:I}", key, (json_int_t)value));
	else
		printf("%" PRIu64 "\n", value);
}

void output_pairs_begin(struct output_pairs *pairs, const struct cli *cli)
{
	pairs->cli = cli;
	pairs->object = json_object();
}

int output_pair(const char *key, const char *value, void *arg)
{
	struct output_pairs *pairs = arg;

	if (pairs->cli->json)
		json_object_set_new(pairs->object, key, output_string(value));
	else
		output_words(key, ": ", value);
	return 0;
}

void output_pairs_end(struct output_pairs *pairs, bool whole)
{
	if (whole && pairs->cli->json)
		output_json(json_incref(pairs->object));
	json_decref(pairs->object);
}

void output_table_begin(
	struct output_table *table, const struct cli *cli, const char *const *columns)
{
	table->cli = cli;
	table->columns = columns;
	table->rows = json_array();
}

void output_row(struct output_table *table, json_t *const *values)
{
	json_t *row = json_object();

	for (size_t i = 0; table->columns[i]; i++)
		json_object_set_new(row, table->columns[i], values[i]);
	json_array_append_new(table->rows, row);
}

static void format_cell(json_t *value, char *ret, size_t size)
{
	if (json_is_string(value)) {
		auto_free char *quoted = text_quoted(json_string_value(value), false);

		snprintf(ret, size, "%s", quoted && *quoted ? quoted : "-");
	} else if (json_is_integer(value)) {
		snprintf(ret, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	} else {
		snprintf(ret, size, "%s", json_is_true(value) ? "yes" : "no");
	}
}

static void print_heading(const char *const *columns, const size_t *widths)
{
	for (size_t i = 0; columns[i]; i++) {
		size_t width = columns[i + 1] ? widths[i] : 0;
		int printed = 0;

		for (const char *p = columns[i]; *p; p++)
			printed += printf("%c", *p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
		printf("%*s%s", (int)width > printed ? (int)width - printed : 0, "",
			columns[i + 1] ? "  " : "\n");
	}
}

static void print_table(const struct output_table *table)
{
	size_t widths[COLUMNS_MAX] = { 0 }, at;
	char cell[512];
	json_t *row;

	for (size_t i = 0; table->columns[i]; i++) {
		widths[i] = strlen(table->columns[i]);
		json_array_foreach(table->rows, at, row)
		{
			format_cell(json_object_get(row, table->columns[i]), cell, sizeof(cell));
			if (strlen(cell) > widths[i])
				widths[i] = strlen(cell);
		}
	}
	print_heading(table->columns, widths);
	json_array_foreach(table->rows, at, row)
	{
		for (size_t i = 0; table->columns[i]; i++) {
			bool last = !table->columns[i + 1];

			format_cell(json_object_get(row, table->columns[i]), cell, sizeof(cell));
			printf("%-*s%s", last ? 0 : (int)widths[i], cell, last ? "\n" : "  ");
		}
	}
}

void output_table_end(struct output_table *table, bool whole)
{
	if (whole && table->cli->json)
		output_json(json_incref(table->rows));
	else if (whole)
		print_table(table);
	json_decref(table->rows);
}

void output_name(const char *name)
{
	text_quote(stdout, name, true);
}

void output_words(const char *what, const char *between, const char *name)
{
	text_quote(stdout, what, false);
	fputs(between, stdout);
	text_quote(stdout, name, false);
	putchar('\n');
}
