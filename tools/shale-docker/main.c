/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* shale-docker: shale as a graphdriver of Docker's, through its plug-in protocol. */
#include "config.h"
#include "tools/inherited.h"
#include "tools/service/command_line.h"
#include "tools/service/listener.h"
#include "tools/service/notify.h"
#include "tools/shale-docker/graphdriver.h"
#include "tools/shale-docker/http.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOCKET "/run/docker/plugins/shale.sock"

static const struct service service = { .name = "shale-docker",
	.summary = "Serves a store of layers to dockerd (20 to 27), as its storage driver 'shale'.",
	.sockets = SOCKET };

/* Blocks the signals that end the service in all threads; the first thread waits for them. */
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
	/* Limit the number of malloc arenas: each connection has a thread, and an arena for each
	 * thread would keep its memory. */
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
	int status = command_line_parse(&service, argc, argv, &line);
	if (status >= 0)
		return status;
	if (listener_open(line.socket, &listener, &err) < 0)
		return command_line_complain(&service, &err);
	int r = driver_open(&line.store, &driver, &err);
	if (r == 0) {
		r = serve(&driver, &listener, &err);
		driver_close(&driver);
	}
	listener_close(&listener);
	return r < 0 ? command_line_complain(&service, &err) : EXIT_SUCCESS;
}
