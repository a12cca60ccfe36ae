/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* shale-snapshotter: serves a store of layers to containerd, as a snapshotter and a differ. */
#include "config.h"
#include "tools/inherited.h"
#include "tools/service/command_line.h"
#include "tools/service/listener.h"
#include "tools/service/notify.h"
#include "tools/shale-snapshotter/diff/diff_service.h"
#include "tools/shale-snapshotter/metrics/metrics.h"
#include "tools/shale-snapshotter/snapshots/catalog.h"
#include "tools/shale-snapshotter/snapshots/store_mount.h"
#include "tools/shale-snapshotter/snapshots/snapshots_service.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOCKET "/run/shale/snapshotter.sock"

/* Options of this service alone. */
enum { METRICS, CONTAINERD };

static const struct service service = { .name = "shale-snapshotter",
	.summary = "Serves a store of layers to containerd, as a proxy plug-in of the types "
		   "'snapshot' and 'diff'.",
	.sockets = SOCKET ", or in $XDG_RUNTIME_DIR",
	.options = { [METRICS] = { "metrics", "PATH",
			     "a second socket, where GET /metrics answers in Prometheus' form" },
		[CONTAINERD] = {
			"containerd", "ADDRESS", "containerd's socket, for the diff service" } } };

static struct wire_server *running; /* the server, for the signal handler */

static void stop(int sig)
{
	wire_server_stop(running);
}

/* Lets signals stop the server. After the first signal it completes the running calls; after a
 * second one it does not wait for them. */
static void stop_on_signals(struct wire_server *server)
{
	const struct sigaction action = { .sa_handler = stop, .sa_flags = SA_RESTART };

	running = server;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

static int run(struct wire_server *server, const struct command_line *line,
	const struct metrics_sources *sources, struct shale_error *err)
{
	struct metrics *metrics = NULL;
	int r = line->values[METRICS] ? metrics_start(line->values[METRICS], sources, &metrics, err)
				      : 0;

	if (r < 0)
		return r;
	notify("READY=1");
	r = wire_server_run(server);
	notify("STOPPING=1");
	metrics_stop(metrics);
	return r;
}

/* Listens on the socket, and serves until a signal ends the service. */
static int listen_and_run(struct wire_server *server, const struct command_line *line,
	const struct metrics_sources *sources, struct shale_error *err)
{
	struct listener listener;
	int r = listener_open(line->socket, &listener, err);

	if (r < 0)
		return r;
	fcntl(listener.fd, F_SETFL, O_NONBLOCK);
	r = wire_server_listen(server, listener.fd);
	if (r == 0) {
		listener.fd = -1;
		r = run(server, line, sources, err);
	}
	listener_close(&listener);
	return r;
}

static int serve(struct catalog *catalog, const struct command_line *line, struct shale_error *err)
{
	struct differ differ = { catalog, line->values[CONTAINERD] };
	const struct wire_service services[] = { { snapshots_methods, catalog },
		{ diff_methods, &differ }, { 0 } };
	struct wire_server *server;
	int r = wire_server_new(services, &server);

	if (r == 0) {
		const struct metrics_sources sources = { catalog, services, server };

		stop_on_signals(server);
		r = listen_and_run(server, line, &sources, err);
		wire_server_free(server);
	}
	if (r < 0 && !err->text[0])
		snprintf(err->text, sizeof(err->text), "serve: %s", strerror(-r));
	return r;
}

static int open_and_serve(const struct command_line *line, struct shale_error *err)
{
	struct shale_store *store;
	struct catalog catalog;
	int r = shale_store_open(&line->store, &store, err);

	if (r < 0)
		return r;
	r = catalog_open(store, &catalog, err);
	if (r == 0) {
		store_mount_all(&catalog);
		r = serve(&catalog, line, err);
		catalog_close(&catalog);
	}
	shale_store_close(store);
	return r;
}

/* Chooses the path of the socket if none is given. A plain user's is in $XDG_RUNTIME_DIR. */
static int choose_socket(struct command_line *line, char path[4096])
{
	const char *run = getenv("XDG_RUNTIME_DIR");

	if (line->socket)
		return 0;
	line->socket = SOCKET;
	if (geteuid() == 0 || !run || !*run)
		return 0;
	snprintf(path, 4096, "%s/shale/snapshotter.sock", run);
	line->socket = path;
	return 0;
}

int main(int argc, char **argv)
{
	struct command_line line = { .store = { .size = sizeof(line.store) } };
	struct shale_error err = { 0 };
	char path[4096];

	inherited_mend();
	/* Limit malloc to two arenas: threads start and end often, and an arena for each would keep
	 * memory. */
	mallopt(M_ARENA_MAX, 2);
	int status = command_line_parse(&service, argc, argv, &line);
	if (status >= 0)
		return status;
	choose_socket(&line, path);
	return open_and_serve(&line, &err) < 0 ? command_line_complain(&service, &err)
					       : EXIT_SUCCESS;
}
