/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/scope.h"
#include "tools/shale-snapshotter/wire/connection.h"
#include "tools/shale-snapshotter/wire/workers.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#define CONNECTIONS_MAX 256
#define LISTENERS_MAX   4
#define EVENTS          32

/* A descriptor that epoll watches. First member of the struct of each kind. */
struct source {
	enum { LISTENER, CONNECTION, DONE, STOP } kind;
};

struct listener {
	struct source source;
	int fd;
};

struct client {
	struct source source;
	struct client *next, *previous;
	/* NULL: closed. The client itself is freed after the events of this round. */
	struct wire_connection *connection;
	uint32_t events; /* the events that epoll is asked to report */
};

struct wire_server {
	struct wire_door door;
	struct wire_workers *workers;
	int epoll, stop_fd;
	struct listener listeners[LISTENERS_MAX];
	size_t n_listeners, n_clients;
	struct client *clients;
	struct source done, stop;
	size_t stops; /* how often wire_server_stop was called */
};

static int watch(int epoll, int operation, int fd, uint32_t events, struct source *source)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	return sys(epoll_ctl(epoll, operation, fd, &event));
}

static int hand_over(struct wire_door *door, struct wire_call *call)
{
	return wire_workers_add(((struct wire_server *)door)->workers, call);
}

static size_t count(const struct wire_method *methods)
{
	size_t n = 0;

	while (methods[n].path)
		n++;
	return n;
}

static int take_services(struct wire_server *server, const struct wire_service *services)
{
	struct wire_door *door = &server->door;

	door->hand_over = hand_over;
	for (size_t i = 0; services[i].methods; i++) {
		if (i == WIRE_SERVICES_MAX)
			return -E2BIG;
		door->tallies[i] = calloc(count(services[i].methods) + 1, sizeof(**door->tallies));
		if (!door->tallies[i])
			return -ENOMEM;
		door->services[i] = services[i];
	}
	return 0;
}

const struct wire_tally *wire_server_tally(
	const struct wire_server *server, const struct wire_method *method)
{
	const struct wire_service *service = server->door.services;
	size_t i = 0;

	while (method < service[i].methods ||
		method > service[i].methods + count(service[i].methods))
		i++;
	return &server->door.tallies[i][method - service[i].methods];
}

int wire_server_new(const struct wire_service *services, struct wire_server **ret)
{
	struct wire_server *server = calloc(1, sizeof(*server));

	if (!server)
		return -ENOMEM;
	int taken = take_services(server, services);
	server->done.kind = DONE;
	server->stop.kind = STOP;
	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	server->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	server->workers = wire_workers_new();
	int r = server->epoll < 0 || server->stop_fd < 0 || !server->workers ? -errno : taken;
	if (r == 0)
		r = watch(server->epoll, EPOLL_CTL_ADD, server->stop_fd, EPOLLIN, &server->stop);
	if (r == 0)
		r = watch(server->epoll, EPOLL_CTL_ADD, wire_workers_fd(server->workers), EPOLLIN,
			&server->done);
	if (r < 0) {
		wire_server_free(server);
		return r;
	}
	*ret = server;
	return 0;
}

/* ---- clients ---- */

static void drop_connection(struct wire_server *server, struct client *client)
{
	if (!client->connection)
		return;
	wire_connection_free(steal_ptr(&client->connection));
	server->n_clients--;
}

static void sweep_clients(struct wire_server *server)
{
	struct client *next;

	for (struct client *client = server->clients; client; client = next) {
		next = client->next;
		if (client->connection)
			continue;
		if (client->previous)
			client->previous->next = next;
		else
			server->clients = next;
		if (next)
			next->previous = client->previous;
		free(client);
	}
}

static void accept_client(struct wire_server *server, const struct listener *listener)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	struct client *client = server->n_clients < CONNECTIONS_MAX ? calloc(1, sizeof(*client))
								    : NULL;
	if (!client) {
		close(fd);
		return;
	}
	client->source.kind = CONNECTION;
	client->events = EPOLLIN;
	client->next = server->clients;
	if (client->next)
		client->next->previous = client;
	server->clients = client;
	client->connection = wire_connection_new(&server->door, fd);
	server->n_clients += client->connection != NULL;
	if (!client->connection || wire_connection_write(client->connection) < 0 ||
		watch(server->epoll, EPOLL_CTL_ADD, fd, EPOLLIN, &client->source) < 0)
		drop_connection(server, client);
}

/* Writes to the client. Asks epoll for room in the socket only while bytes are left. A client that
 * does not read its replies is not served further requests. */
static void flush(struct wire_server *server, struct client *client)
{
	int r = wire_connection_write(client->connection);
	bool ends = server->stops && !wire_connection_is_busy(client->connection);

	if (r < 0 || ends) {
		drop_connection(server, client);
		return;
	}
	uint32_t events = wire_connection_wants_to_write(client->connection) ? EPOLLOUT : EPOLLIN;
	if (events == client->events)
		return;
	client->events = events;
	if (watch(server->epoll, EPOLL_CTL_MOD, wire_connection_fd(client->connection), events,
		    &client->source) < 0)
		drop_connection(server, client);
}

static void serve_client(struct wire_server *server, struct client *client, uint32_t events)
{
	if (!client->connection)
		return;
	if (!(events & EPOLLOUT) && wire_connection_read(client->connection) < 0)
		drop_connection(server, client);
	else
		flush(server, client);
}

static void answer_done(struct wire_server *server)
{
	struct wire_call *next, *call = wire_workers_take(server->workers);

	for (; call; call = next) {
		next = call->queued;
		wire_call_answer(call);
	}
	for (struct client *client = server->clients; client; client = client->next)
		if (client->connection)
			flush(server, client);
}

/* ---- the loop ---- */

static void stop_listening(struct wire_server *server)
{
	for (size_t i = 0; i < server->n_listeners; i++)
		close(server->listeners[i].fd);
	server->n_listeners = 0;
}

static void stop(struct wire_server *server)
{
	uint64_t n = 0;

	if (read(server->stop_fd, &n, sizeof(n)) < 0)
		return;
	server->stops += n;
	stop_listening(server);
	for (struct client *client = server->clients; client; client = client->next)
		if (client->connection && wire_connection_stop(client->connection) < 0)
			drop_connection(server, client);
		else if (client->connection)
			flush(server, client);
}

static void handle(struct wire_server *server, const struct epoll_event *event)
{
	struct source *source = event->data.ptr;

	if (source->kind == LISTENER)
		accept_client(server, (struct listener *)source);
	else if (source->kind == CONNECTION)
		serve_client(server, (struct client *)source, event->events);
	else if (source->kind == DONE)
		answer_done(server);
	else
		stop(server);
}

int wire_server_run(struct wire_server *server)
{
	while (server->stops < 2 && (!server->stops || server->n_clients)) {
		struct epoll_event events[EVENTS];
		int n = epoll_wait(server->epoll, events, EVENTS, -1);

		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n; i++)
			handle(server, &events[i]);
		sweep_clients(server);
	}
	return 0;
}

int wire_server_listen(struct wire_server *server, int fd)
{
	if (server->n_listeners == LISTENERS_MAX)
		return -E2BIG;
	struct listener *listener = &server->listeners[server->n_listeners];
	listener->source.kind = LISTENER;
	listener->fd = fd;
	int r = watch(server->epoll, EPOLL_CTL_ADD, fd, EPOLLIN, &listener->source);
	if (r == 0)
		server->n_listeners++;
	return r;
}

void wire_server_stop(struct wire_server *server)
{
	const uint64_t one = 1;
	int saved = errno;

	while (write(server->stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	errno = saved;
}

void wire_server_free(struct wire_server *server)
{
	stop_listening(server);
	for (struct client *client = server->clients; client; client = client->next)
		drop_connection(server, client);
	sweep_clients(server);
	wire_workers_free(server->workers);
	if (server->epoll >= 0)
		close(server->epoll);
	if (server->stop_fd >= 0)
		close(server->stop_fd);
	for (size_t i = 0; i < WIRE_SERVICES_MAX; i++)
		free(server->door.tallies[i]);
	free(server);
}
