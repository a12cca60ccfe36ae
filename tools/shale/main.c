/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/scope.h"
#include "tools/inherited.h"
#include "tools/quote.h"
#include "tools/shale/output.h"

#include <stdio.h>
#include <string.h>

#include "config.h"

static void print_help(void)
{
	printf("usage: shale [--home DIR] [--run DIR] [--backend auto|kernel|fuse] [--json] "
	       "COMMAND\n"
	       "A store of container layers, mounted by the kernel's overlayfs or by FUSE.\n\n");
	for (size_t i = 0; commands[i]; i++)
		printf("  %-8s %s\n           %s\n", commands[i]->name, commands[i]->args,
			commands[i]->summary);
	printf("\n'shale COMMAND --help' shows one of them; the manual is shale(1).\n");
}

static int wrong(const char *why, const char *word)
{
	auto_free char *quoted = word ? text_quoted(word, false) : NULL;

	fprintf(stderr, "shale: %s%s%s%s\n", why, quoted ? " '" : "", quoted ? quoted : "",
		quoted ? "'" : "");
	fprintf(stderr, "'shale --help' lists the commands and options\n");
	return CLI_USAGE;
}

/* Parses the options before the command's name. Returns -1 to go on, or an exit status. */
static int parse_globals(struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = { { "home", required_argument, NULL, 'h' },
		{ "run", required_argument, NULL, 'r' },
		{ "backend", required_argument, NULL, 'b' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, '?' + 256 }, { "version", no_argument, NULL, 'v' },
		{ 0 } };
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:", options, NULL)) != -1)
		switch (option) {
		case 'h':
			cli->options.home = optarg;
			break;
		case 'r':
			cli->options.run = optarg;
			break;
		case 'b':
			cli->options.backend = optarg;
			break;
		case 'j':
			cli->json = true;
			break;
		case 'v':
			printf("shale %s\n", PACKAGE_VERSION);
			return CLI_DONE;
		case '?' + 256:
			print_help();
			return CLI_DONE;
		case ':':
			return wrong("a value is missing for", argv[optind - 1]);
		default:
			return wrong("unknown option", argv[optind - 1]);
		}
	const char *backend = cli->options.backend;
	if (backend && strcmp(backend, "auto") != 0 && strcmp(backend, "kernel") != 0 &&
		strcmp(backend, "fuse") != 0)
		return wrong("--backend is one of auto, kernel, fuse, and not", backend);
	return -1;
}

static int run(struct cli *cli, int argc, char **argv)
{
	/* getopt's messages begin with argv[0], so make the command's name argv[0]. */
	argc -= optind;
	argv += optind;
	optind = 0;
	int r = cli->command->run(cli, argc, argv);
	shale_store_close(cli->store);
	/* A command whose output could not be written has failed. */
	if (r != CLI_FAILED && output_flush(cli) < 0)
		r = CLI_FAILED;
	if (r == CLI_FAILED)
		cli_print_error(&cli->err);
	return r == CLI_FAILED ? 1 : r;
}

int main(int argc, char **argv)
{
	struct cli cli = { .options = { .size = sizeof(cli.options) } };

	inherited_mend();
	int r = parse_globals(&cli, argc, argv);
	if (r >= 0)
		return r;
	if (optind == argc)
		return wrong("no command given", NULL);
	if (!strcmp(argv[optind], "help")) {
		print_help();
		return CLI_DONE;
	}
	cli.command = command_find(argv[optind]);
	return cli.command ? run(&cli, argc, argv) : wrong("no such command:", argv[optind]);
}
