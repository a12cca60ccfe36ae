/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/config_words.h"

bool config_words_parse(
	struct config_words *words, struct cli *cli, int argc, char **argv, const char *flag)
{
	const struct option options[] = { { "config", required_argument, NULL, 'c' },
		{ "author", required_argument, NULL, 'a' },
		{ "message", required_argument, NULL, 'm' }, { flag, no_argument, NULL, 'f' },
		{ 0 } };
	int option;

	words->options.size = sizeof(words->options);
	while ((option = cli_option(cli, argc, argv, options)) > 0) {
		if (option == 'c')
			word_list_add(&words->changes, optarg);
		else if (option == 'a')
			words->options.author = optarg;
		else if (option == 'f')
			words->flag = true;
		else
			words->options.message = optarg;
	}
	words->options.changes = words->changes.list;
	words->options.n_changes = words->changes.n;
	return option == 0;
}

void config_words_free(struct config_words *words)
{
	word_list_free(&words->changes);
}
