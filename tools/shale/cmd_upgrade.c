/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/output.h"
#include "tools/shale/served_layers.h"

#include <errno.h>
#include <stdio.h>

/* Upgrades one mount, and adds the result to TABLE. Clears the error, so that the next mount can be
 * tried. -ENOTCONN is no failure: the mount has ended since the list was made. */
static int upgrade_one(struct cli *cli, const char *id, struct output_table *table)
{
	int r = shale_layer_upgrade(cli->store, id, &cli->err);

	if (r != -ENOTCONN) {
		json_t *values[] = { output_string(id), json_boolean(r == 0),
			output_string(r < 0 ? cli->err.text : "") };
		output_row(table, values);
	}
	cli->err = (struct shale_error){ 0 };
	return r == -ENOTCONN ? 0 : r;
}

static int upgrade_all(struct cli *cli)
{
	static const char *const columns[] = { "id", "upgraded", "why", NULL };
	struct output_table table;
	struct served_layers served = { 0 };
	size_t failed = 0;
	int r = served_layers_find(cli, &served);

	output_table_begin(&table, cli, columns);
	for (size_t i = 0; r == 0 && i < served.n; i++)
		failed += upgrade_one(cli, served.ids[i], &table) < 0;
	output_table_end(&table, r >= 0);
	if (r == 0 && failed) {
		r = cli->err.code = -EPROTONOSUPPORT;
		snprintf(cli->err.text, sizeof(cli->err.text), "%zu of %zu mounts go on as before",
			failed, served.n);
	}
	served_layers_free(&served);
	return r;
}

static int run(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "all", no_argument, NULL, 'a' }, { 0 } };
	bool all = false;
	int option;

	while ((option = cli_option(cli, argc, argv, options)) > 0)
		all = true;
	if (option < 0 || !cli_arguments(cli, argc, !all, !all))
		return CLI_USAGE;
	/* A mount that is named by its path need not belong to a store. */
	if ((all || *argv[optind] != '/') && !cli_open(cli))
		return CLI_FAILED;
	return cli_result(
		all ? upgrade_all(cli) : shale_layer_upgrade(cli->store, argv[optind], &cli->err));
}

const struct command command_upgrade = {
	.name = "upgrade",
	.args = "--all|ID|DIR",
	.summary = "let mounts through FUSE go on as the shale-fuse that is installed now",
	.run = run,
};
