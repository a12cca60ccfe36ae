/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"
#include "tools/shale/time_text.h"

#include <stdio.h>
#include <string.h>

enum { SHORT_ID = 12, SIZE_SIZE = 16 };

static json_t *short_id(const char *id)
{
	const char *colon = strchr(id, ':');
	char text[SHORT_ID + 1];

	snprintf(text, sizeof(text), "%s", colon ? colon + 1 : id);
	return output_string(text);
}

/* Returns a size as Docker prints it: three digits and a power of 1000, like 72.8MB. */
static json_t *short_size(uint64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	double size = (double)bytes;
	char text[SIZE_SIZE];
	size_t i = 0;

	for (; size >= 999.5; i++)
		size /= 1000;
	snprintf(text, sizeof(text), "%.3g%s", size, units[i]);
	return output_string(text);
}

static int add_row(const struct shale_image_info *image, void *arg)
{
	char age[TIME_TEXT_SIZE];

	time_text_age(image->created, age);
	json_t *values[] = { output_string(image->name), short_id(image->digest),
		short_id(image->top), output_string(age), short_size(image->bytes),
		short_size(image->shared) };
	output_row(arg, values);
	return 0;
}

static int add_whole_row(const struct shale_image_info *image, void *arg)
{
	char created[TIME_TEXT_SIZE];

	time_text_format(image->created, created);
	json_t *values[] = { output_string(image->name), output_string(image->top),
		json_integer((json_int_t)image->layers), output_string(created),
		output_string(image->digest), json_integer((json_int_t)image->bytes),
		json_integer((json_int_t)image->shared) };
	output_row(arg, values);
	return 0;
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const char *const columns[] = { "name", "id", "top", "age", "size", "shared", NULL };
	static const char *const keys[] = { "name", "top", "layers", "created", "digest", "size",
		"shared", NULL };
	struct output_table table;

	if (!cli_no_options(cli, argc, argv) || !cli_arguments(cli, argc, 0, 0))
		return CLI_USAGE;
	if (!cli_open(cli))
		return CLI_FAILED;
	output_table_begin(&table, cli, cli->json ? keys : columns);
	int r = shale_image_list(
		cli->store, cli->json ? add_whole_row : add_row, &table, &cli->err);
	output_table_end(&table, r >= 0);
	return cli_result(r);
}

const struct command command_images = {
	.name = "images",
	.args = "",
	.summary = "a line for each name of an image: its id, age, size, and how much of it others "
		   "share",
	.run = run,
};
