/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of a command line that change an image's config: --config, --author, --message. */
#pragma once

#include "tools/shale/cli.h"
#include "tools/shale/words.h"

struct config_words {
	struct shale_config_options options;
	struct words changes;
	bool flag; /* the option without a value was among them */
};

/* Takes the options of a command that has no others but --FLAG (NULL: none), which has no value;
 * optind is at its arguments then. False: the usage was wrong, or only help was asked for, and it
 * has been said. */
bool config_words_parse(
	struct config_words *words, struct cli *cli, int argc, char **argv, const char *flag);
void config_words_free(struct config_words *words);
