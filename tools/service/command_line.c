/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tools/service/command_line.h"

#include "tools/quote.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_USAGE = 2 };

static void print_usage(const struct service *service, FILE *to)
{
	fprintf(to,
		"usage: %s [--home DIR] [--run DIR] [--backend auto|kernel|fuse] [--socket PATH]\n"
		"\n"
		"%s\n"
		"\n"
		"  --socket PATH  where to listen (%s)\n"
		"  --home, --run, --backend: see shale(1)\n"
		"  --help, --version\n",
		service->name, service->summary, service->sockets);
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

int command_line_parse(
	const struct service *service, int argc, char **argv, struct command_line *ret)
{
	static const struct option options[] = { { "home", required_argument, NULL, 'h' },
		{ "run", required_argument, NULL, 'r' },
		{ "backend", required_argument, NULL, 'b' },
		{ "socket", required_argument, NULL, 's' }, { "help", no_argument, NULL, 'H' },
		{ "version", no_argument, NULL, 'v' }, { 0 } };
	int option;

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
			print_usage(service, stderr);
			return EXIT_USAGE;
		}
	if (optind == argc)
		return -1;
	print_usage(service, stderr);
	return EXIT_USAGE;
}
