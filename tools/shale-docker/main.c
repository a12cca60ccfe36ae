/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* shale-docker: shale as a graphdriver of Docker's, through its plug-in protocol. */
#include "config.h"
#include "tools/inherited.h"
#include "tools/quote.h"
#include "tools/service/listener.h"
#include "tools/service/notify.h"
#include "tools/shale-docker/driver.h"
#include "tools/shale-docker/http.h"

#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOCKET "/run/docker/plugins/shale.sock"

enum { EXIT_USAGE = 2 };

struct command_line {
	struct shale_store_options store;
	const char *socket;
};

static void print_usage(FILE *to)
{
	fputs("usage: shale-docker [--home DIR] [--run DIR] [--backend auto|kernel|fuse] [--socket "
	      "PATH]\n"
	      "\n"
	      "Serves a store of layers to dockerd (20 to 27), as its storage driver 'shale'.\n"
	      "\n"
	      "  --socket PATH  where to listen (" SOCKET ")\n"
	      "  --home, --run, --backend: see shale(1)\n"
	      "  --help, --version\n",
		to);
}

static int complain(const struct shale_error *err)
{
	fputs("shale-docker: ", stderr);
	text_quote(stderr, err->text, false);
	fputc('\n', stderr);
	if (err->remedy[0]) {
		text_quote(stderr, err->remedy, false);
		fputc('\n', stderr);
	}
	return EXIT_FAILURE;
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, struct command_line *ret)
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
			print_usage(stdout);
			return EXIT_SUCCESS;
		case 'v':
			printf("shale-docker %s\n", PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			print_usage(stderr);
			return EXIT_USAGE;
		}
	if (optind == argc)
		return -1;
	print_usage(stderr);
	return EXIT_USAGE;
}

/* All threads leave these signals to the first one, which waits for them. */
static void hold_signals(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGINT);
	pthread_sigmask(SIG_BLOCK, ret, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

static int serve(struct driver *driver, const struct listener *listener, struct shale_error *err)
{
	struct http *http;
	sigset_t ends;
	int which;

	hold_signals(&ends);
	/* Threads come and go with connections, and an arena for each keeps what it once had. */
	mallopt(M_ARENA_MAX, 2);
	int r = http_start(listener->fd, driver, &http, err);
	if (r < 0)
		return r;
	notify("READY=1");
	sigwait(&ends, &which);
	notify("STOPPING=1");
	http_stop(http);
	return 0;
}

int main(int argc, char **argv)
{
	struct command_line line = { .store = { .size = sizeof(line.store) }, .socket = SOCKET };
	struct shale_error err = { 0 };
	struct listener listener;
	struct driver driver;

	inherited_mend();
	int status = parse(argc, argv, &line);
	if (status >= 0)
		return status;
	if (listener_open(line.socket, &listener, &err) < 0)
		return complain(&err);
	int r = driver_open(&line.store, &driver, &err);
	if (r == 0) {
		r = serve(&driver, &listener, &err);
		driver_close(&driver);
	}
	listener_close(&listener);
	return r < 0 ? complain(&err) : EXIT_SUCCESS;
}
