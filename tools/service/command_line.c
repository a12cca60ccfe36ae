/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tools/service/command_line.h"

#include "tools/quote.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_USAGE = 2, N_COMMON = 6, OWN = 256 };

static void print_usage(const struct service *service, FILE *to)
{
	const struct command_option *option = service->options;

	fprintf(to,
		"usage: %s [--home DIR] [--run DIR] [--backend auto|kernel|fuse] [--socket PATH]",
		service->name);
	for (; option->name; option++)
		fprintf(to, " [--%s %s]", option->name, option->value);
	fprintf(to, "\n\n%s\n\n  --socket PATH  where to listen (%s)\n", service->summary,
		service->sockets);
	for (option = service->options; option->name; option++)
		fprintf(to, "  --%s %s  %s\n", option->name, option->value, option->words);
	fputs("  --home, --run, --backend: see shale(1)\n  --help, --version\n", to);
}

int command_line_complain(const struct service *service, const struct shale_error *err)
{
	fprintf(stderr, "%s: ", service->name);
	text_quote(stderr, err->text, false);
	fputc('\n', stderr);
	if (err->remedy[0]) {
		text_quote(stderr, err->remedy, false);
		fputc('\n', stderr);
	}
	return EXIT_FAILURE;
}

/* Adds the service's own options, whose numbers begin at OWN. */
static void add_own(const struct service *service, struct option *ret)
{
	for (size_t i = 0; service->options[i].name; i++)
		ret[i] = (struct option){ service->options[i].name, required_argument, NULL,
			OWN + (int)i };
}

int command_line_parse(
	const struct service *service, int argc, char **argv, struct command_line *ret)
{
	struct option options[N_COMMON + COMMAND_OPTIONS_MAX + 1] = {
		{ "home", required_argument, NULL, 'h' }, { "run", required_argument, NULL, 'r' },
		{ "backend", required_argument, NULL, 'b' },
		{ "socket", required_argument, NULL, 's' }, { "help", no_argument, NULL, 'H' },
		{ "version", no_argument, NULL, 'v' }
	};
	int option;

	add_own(service, options + N_COMMON);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'h':
			ret->store.home = optarg;
			break;
		case 'r':
			ret->store.run = optarg;
			break;
		case 'b':
			ret->store.backend = optarg;
			break;
		case 's':
			ret->socket = optarg;
			break;
		case 'H':
			print_usage(service, stdout);
			return EXIT_SUCCESS;
		case 'v':
			printf("%s %s\n", service->name, PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			if (option >= OWN && option < OWN + COMMAND_OPTIONS_MAX) {
				ret->values[option - OWN] = optarg;
				break;
			}
			print_usage(service, stderr);
			return EXIT_USAGE;
		}
	if (optind == argc)
		return -1;
	print_usage(service, stderr);
	return EXIT_USAGE;
}
