/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"
#include "tools/shale/served_layers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIGURES_MAX 128
#define INTERVAL_S  2

struct figure {
	char name[64];
	uint64_t value;
};

struct figures {
	struct figure list[FIGURES_MAX];
	size_t n;
};

static int take(const char *name, const char *value, void *arg)
{
	struct figures *figures = arg;

	if (figures->n == FIGURES_MAX)
		return 0;
	struct figure *figure = &figures->list[figures->n++];
	snprintf(figure->name, sizeof(figure->name), "%s", name);
	figure->value = strtoull(value, NULL, 10);
	return 0;
}

static uint64_t value_of(const struct figures *figures, const char *name)
{
	for (size_t i = 0; i < figures->n; i++)
		if (!strcmp(figures->list[i].name, name))
			return figures->list[i].value;
	return 0;
}

static int ask(struct cli *cli, const char *target, struct figures *ret)
{
	ret->n = 0;
	return shale_layer_stats(cli->store, target, take, ret, &cli->err);
}

/* ---- one mount ---- */

/* Prints the statistics of a mount. BEFORE has the numbers of the last interval, or is NULL. */
static void print_figures(
	const struct cli *cli, const struct figures *now, const struct figures *before)
{
	json_t *object = cli->json ? json_object() : NULL;

	for (size_t i = 0; i < now->n; i++) {
		const struct figure *figure = &now->list[i];
		uint64_t old = before ? value_of(before, figure->name) : 0;

		if (object)
			json_object_set_new(
				object, figure->name, json_integer((json_int_t)figure->value));
		else if (!before)
			printf("%s %" PRIu64 "\n", figure->name, figure->value);
		else
			printf("%-28s %14" PRIu64 " %10.1f/s\n", figure->name, figure->value,
				(double)(int64_t)(figure->value - old) / INTERVAL_S);
	}
	if (object)
		output_json(object);
}

static int print_one(struct cli *cli, const char *target, struct figures *before, bool watched)
{
	struct figures now;
	int r = ask(cli, target, &now);

	if (r < 0)
		return r;
	print_figures(cli, &now, watched ? before : NULL);
	*before = now;
	return 0;
}

/* ---- all mounts ---- */

static uint64_t requests(const struct figures *figures)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < figures->n; i++)
		if (!strncmp(figures->list[i].name, "request_", 8))
			sum += figures->list[i].value;
	return sum;
}

static json_t *number(const struct figures *figures, const char *name)
{
	return json_integer((json_int_t)value_of(figures, name));
}

/* Adds a row for the mount of ID; no row if the mount has ended since the list was made. */
static void add_row(struct cli *cli, const char *id, struct output_table *table)
{
	struct figures now;

	if (ask(cli, id, &now) < 0) {
		cli->err = (struct shale_error){ 0 };
		return;
	}
	json_t *values[] = { output_string(id), json_integer((json_int_t)requests(&now)),
		number(&now, "copied_up_bytes"), number(&now, "nodes"), number(&now, "descriptors"),
		number(&now, "peak_memory_kib"), number(&now, "user_us"),
		number(&now, "system_us") };
	output_row(table, values);
}

static int print_all(struct cli *cli)
{
	static const char *const columns[] = { "id", "requests", "copied_up_bytes", "nodes",
		"descriptors", "peak_memory_kib", "user_us", "system_us", NULL };
	struct output_table table;
	struct served_layers served = { 0 };
	int r = served_layers_find(cli, &served);

	output_table_begin(&table, cli, columns);
	for (size_t i = 0; r == 0 && i < served.n; i++)
		add_row(cli, served.ids[i], &table);
	served_layers_free(&served);
	output_table_end(&table, r >= 0);
	return r;
}

/* ---- the command ---- */

static int print(struct cli *cli, const char *target, bool watched)
{
	static struct figures before;

	return target ? print_one(cli, target, &before, watched) : print_all(cli);
}

/* Prints again and again, until the mount ends or the output is closed. */
static int watch(struct cli *cli, const char *target)
{
	bool clear = !cli->json && isatty(STDOUT_FILENO);
	int r = print(cli, target, false);

	while (r == 0 && output_flush(cli) == 0) {
		sleep(INTERVAL_S);
		if (clear)
			fputs("\033[H\033[2J", stdout);
		r = print(cli, target, true);
	}
	return r < 0 ? r : cli->err.code;
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "watch", no_argument, NULL, 'w' }, { 0 } };
	bool watches = false;
	int option;

	while ((option = cli_option(cli, argc, argv, options)) > 0)
		watches = true;
	if (option < 0 || !cli_arguments(cli, argc, 0, 1))
		return CLI_USAGE;
	/* A mount that is named by its path need not belong to a store. */
	if (!(argv[optind] && *argv[optind] == '/') && !cli_open(cli))
		return CLI_FAILED;
	return cli_result(watches ? watch(cli, argv[optind]) : print(cli, argv[optind], false));
}

const struct command command_stats = {
	.name = "stats",
	.args = "[--watch] [ID|DIR]",
	.summary = "what mounts through FUSE were asked for, and what they hold",
	.run = run,
};
