/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command-line options that change an image's config: --config, --author, --message. */
#pragma once

#include "tools/shale/cli.h"
#include "tools/shale/word_list.h"

struct config_words {
	struct shale_config_options options;
	struct word_list changes;
	bool flag; /* --FLAG was given */
};

/* Parses the options of a command that has only these options and --FLAG, an option without a value
 * (NULL: none). Leaves optind at the arguments. Returns false after wrong usage or --help; the
 * message was printed. */
bool config_words_parse(
	struct config_words *words, struct cli *cli, int argc, char **argv, const char *flag);
void config_words_free(struct config_words *words);
