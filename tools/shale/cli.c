/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/cli.h"

#include "common/base/scope.h"
#include "tools/quote.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define OPTIONS_MAX 8

enum {
	OPTION_JSON = 1000,
	OPTION_HELP,
};

void cli_say(const char *text)
{
	fputs("shale: ", stderr);
	text_quote(stderr, text, false);
	fputc('\n', stderr);
}

int cli_usage(const struct cli *cli, const char *why, const char *word)
{
	const struct command *command = cli->command;

	auto_free char *quoted = word ? text_quoted(word, false) : NULL;

	fprintf(stderr, "shale: %s: %s%s%s%s\n", command->name, why, quoted ? " '" : "",
		quoted ? quoted : "", quoted ? "'" : "");
	fprintf(stderr, "usage: shale %s%s%s\n", command->name, *command->args ? " " : "",
		command->args);
	return CLI_USAGE;
}

static void print_help(const struct command *command)
{
	printf("usage: shale %s%s%s\n%s\n", command->name, *command->args ? " " : "", command->args,
		command->summary);
}

int cli_option(struct cli *cli, int argc, char **argv, const struct option *options)
{
	struct option all[OPTIONS_MAX + 3];
	size_t n = 0;

	/* The only short option is -v. For most commands it means --verbose; for a command that
	 * runs another program it means --volume, with a value. */
	const char *letters = cli->command->rest ? "+:" : ":";
	for (; options && options[n].name && n < OPTIONS_MAX; n++) {
		all[n] = options[n];
		if (options[n].val == 'v')
			letters = options[n].has_arg == no_argument ? ":v" : "+:v:";
	}
	all[n++] = (struct option){ "json", no_argument, NULL, OPTION_JSON };
	all[n++] = (struct option){ "help", no_argument, NULL, OPTION_HELP };
	all[n] = (struct option){ 0 };
	opterr = 0;
	for (;;) {
		int at = optind;
		int option = getopt_long(argc, argv, letters, all, NULL);

		switch (option) {
		case -1:
			return 0;
		case OPTION_JSON:
			cli->json = true;
			continue;
		case OPTION_HELP:
			print_help(cli->command);
			exit(CLI_DONE);
		case ':':
			cli_usage(cli, "a value is missing for", argv[optind - 1]);
			return -1;
		case '?':
			cli_usage(cli, "unknown option", argv[optind > at ? optind - 1 : optind]);
			return -1;
		default:
			return option;
		}
	}
}

bool cli_no_options(struct cli *cli, int argc, char **argv)
{
	return cli_option(cli, argc, argv, NULL) == 0;
}

bool cli_arguments(struct cli *cli, int argc, int min, int max)
{
	int n = argc - optind;

	if (n >= min && (max < 0 || n <= max))
		return true;
	cli_usage(cli, n < min ? "an argument is missing" : "too many arguments", NULL);
	return false;
}

int cli_fail(struct shale_error *err, int code, const char *what, ...)
{
	va_list args;

	if (err->code)
		return code;
	err->code = code;
	va_start(args, what);
	int n = vsnprintf(err->text, sizeof(err->text), what, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof(err->text))
		snprintf(err->text + n, sizeof(err->text) - (size_t)n, ": %s", strerror(-code));
	return code;
}

void cli_print_error(const struct shale_error *err)
{
	cli_say(err->text[0] ? err->text : strerror(-err->code));
	if (err->remedy[0]) {
		text_quote(stderr, err->remedy, false);
		fputc('\n', stderr);
	}
}

static void show_warning(int level, const char *text, void *arg)
{
	if (level <= LOG_WARNING)
		cli_say(text);
}

bool cli_open(struct cli *cli)
{
	cli->options.log = show_warning;
	cli->options.flags = cli->command->makes_store ? 0 : SHALE_OPEN_EXISTING;
	return cli->store || shale_store_open(&cli->options, &cli->store, &cli->err) >= 0;
}

int cli_result(int result)
{
	return result < 0 ? CLI_FAILED : CLI_DONE;
}
