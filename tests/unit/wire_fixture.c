/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/wire_fixture.h"

#include "common/base/scope.h"
#include "tools/connect.h"

#include <check.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* How long to wait for a reply. */
#define PATIENCE_S 120

static struct wire_server *server;
static pthread_t thread;
static char dir[32], address[64];
static sem_t slow_begun, slow_released;

/* ---- methods ---- */

static void reply(struct wire_call *call, const void *data, size_t size)
{
	uint8_t *to = wire_call_reply(call, size);

	if (to && size)
		memcpy(to, data, size);
}

static void echo(struct wire_call *call, void *arg)
{
	size_t size;
	const uint8_t *data = wire_call_request(call, &size);

	reply(call, data, size);
}

static void slow(struct wire_call *call, void *arg)
{
	sem_post(&slow_begun);
	sem_wait(&slow_released);
	echo(call, arg);
}

static void refuse(struct wire_call *call, void *arg)
{
	size_t size;
	const uint8_t *data = wire_call_request(call, &size);

	reply(call, "lost", 4);
	wire_call_fail(call, WIRE_NOT_FOUND, "%.*s", (int)size, (const char *)data);
}

static void many(struct wire_call *call, void *arg)
{
	static const char part[65536] = "part";
	char number[16] = "";
	size_t size;
	const uint8_t *data = wire_call_request(call, &size);

	memcpy(number, data, size < sizeof(number) ? size : sizeof(number) - 1);
	for (int n = atoi(number); n > 0; n--)
		reply(call, part, sizeof(part));
}

static void name(struct wire_call *call, void *arg)
{
	char text[16384] = "";
	size_t n, at = 0;
	const struct wire_header *headers = wire_call_headers(call, &n);

	for (size_t i = 0; i < n && at < sizeof(text); i++)
		at += (size_t)snprintf(
			text + at, sizeof(text) - at, "%s=%s;", headers[i].name, headers[i].value);
	reply(call, text, strlen(text));
}

static const struct wire_method methods[] = { { ECHO, echo, false }, { WORK, echo, true },
	{ MANY, many, true }, { FAIL, refuse, false }, { SLOW, slow, true }, { NAME, name, false },
	{ NULL, NULL, false } };

/* ---- the server ---- */

static void *serve(void *arg)
{
	ck_assert_int_eq(wire_server_run(server), 0);
	return NULL;
}

void wire_fixture_start(void)
{
	static const struct wire_service services[] = { { methods, NULL }, { 0 } };
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	sem_init(&slow_begun, 0, 0);
	sem_init(&slow_released, 0, 0);
	strcpy(dir, "/tmp/shale-wire.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(address, sizeof(address), "%s/socket", dir);
	strcpy(at.sun_path, address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(fd, 64), 0);
	ck_assert_int_eq(wire_server_new(services, &server), 0);
	ck_assert_int_eq(wire_server_listen(server, fd), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, serve, NULL), 0);
}

void wire_fixture_ask_to_stop(void)
{
	wire_server_stop(server);
}

void wire_fixture_stop(void)
{
	wire_server_stop(server);
	pthread_join(thread, NULL);
	wire_server_free(server);
	unlink(address);
	rmdir(dir);
	sem_destroy(&slow_begun);
	sem_destroy(&slow_released);
}

void wire_fixture_wait_for_slow(void)
{
	sem_wait(&slow_begun);
}

void wire_fixture_release(void)
{
	sem_post(&slow_released);
}

const char *wire_fixture_address(void)
{
	return address;
}

unsigned long wire_fixture_count(const char *method, enum wire_status status)
{
	const struct wire_method *at = methods;

	while (strcmp(at->path, method) != 0)
		at++;
	return atomic_load(&wire_server_tally(server, at)->calls[status]);
}

enum wire_status wire_fixture_ask(const char *method, const void *data, size_t size, char **ret,
	size_t *ret_size, char **ret_words)
{
	struct wire_client *client;
	const uint8_t *message;
	const char *words;
	size_t n;

	*ret = NULL;
	*ret_size = 0;
	ck_assert_int_eq(wire_client_open(address, method, NULL, 0, &client), 0);
	(void)wire_client_send(client, data, size, true);
	while (wire_client_receive(client, &message, &n) == 1) {
		free(*ret);
		*ret = malloc(n + 1);
		ck_assert_ptr_nonnull(*ret);
		memcpy(*ret, message, n);
		*ret_size = n;
	}
	enum wire_status status = wire_client_status(client, &words);
	*ret_words = strdup(words);
	wire_client_close(client);
	return status;
}

/* ---- frames by hand ---- */

static bool put(int fd, const void *data, size_t size)
{
	while (size) {
		ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		data = (const uint8_t *)data + n;
		size -= (size_t)n;
	}
	return true;
}

static bool get(int fd, void *data, size_t size)
{
	return !size || recv(fd, data, size, MSG_WAITALL) == (ssize_t)size;
}

bool peer_frame(int fd, int type, int flags, unsigned stream, const void *payload, size_t size)
{
	const uint8_t header[9] = { (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size,
		(uint8_t)type, (uint8_t)flags, (uint8_t)(stream >> 24), (uint8_t)(stream >> 16),
		(uint8_t)(stream >> 8), (uint8_t)stream };

	return put(fd, header, sizeof(header)) && put(fd, payload, size);
}

int peer_connect(const void *payload, size_t size)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	int fd = connect_unix(address, PATIENCE_S);

	ck_assert_int_ge(fd, 0);
	ck_assert(put(fd, preface, sizeof(preface) - 1));
	ck_assert(peer_frame(fd, SETTINGS, 0, 0, payload, size));
	return fd;
}

/* A length below 2^14, of a text that is not Huffman-coded. */
static size_t put_length(uint8_t *block, size_t at, size_t size)
{
	if (size < 127) {
		block[at] = (uint8_t)size;
		return at + 1;
	}
	size -= 127;
	block[at++] = 127;
	for (; size >= 128; size >>= 7)
		block[at++] = (uint8_t)(size | 128);
	block[at] = (uint8_t)size;
	return at + 1;
}

size_t peer_header(uint8_t *block, size_t at, const char *key, const char *value)
{
	block[at++] = 0;
	at = put_length(block, at, strlen(key));
	memcpy(block + at, key, strlen(key));
	at = put_length(block, at + strlen(key), strlen(value));
	memcpy(block + at, value, strlen(value));
	return at + strlen(value);
}

bool peer_headers(int fd, unsigned stream, const char *method)
{
	uint8_t block[512];
	size_t n = peer_header(block, 0, ":method", "POST");

	n = peer_header(block, n, ":scheme", "http");
	n = peer_header(block, n, ":authority", "x");
	n = peer_header(block, n, ":path", method);
	n = peer_header(block, n, "content-type", "application/grpc");
	return peer_frame(fd, HEADERS, END_HEADERS, stream, block, n);
}

bool peer_call(int fd, unsigned stream, const char *method, size_t size)
{
	uint8_t data[4096] = { 0, (uint8_t)(size >> 24), (uint8_t)(size >> 16),
		(uint8_t)(size >> 8), (uint8_t)size };

	ck_assert_uint_le(size, sizeof(data) - 5);
	memset(data + 5, 'x', size);
	return peer_headers(fd, stream, method) &&
	       peer_frame(fd, DATA, END_STREAM, stream, data, 5 + size);
}

static bool skip(int fd, size_t size)
{
	uint8_t buf[4096];

	for (size_t n; size; size -= n) {
		n = size < sizeof(buf) ? size : sizeof(buf);
		if (!get(fd, buf, n))
			return false;
	}
	return true;
}

int peer_wait(int fd, int type, unsigned stream, uint8_t *buf, size_t size)
{
	uint8_t header[9];

	while (get(fd, header, sizeof(header))) {
		size_t length = (size_t)header[0] << 16 | (size_t)header[1] << 8 | header[2];
		unsigned its = (unsigned)(header[5] & 127) << 24 | (unsigned)header[6] << 16 |
			       (unsigned)header[7] << 8 | header[8];
		bool found = header[3] == type && (!stream || its == stream);
		size_t n = !found ? 0 : length < size ? length : size;

		if (!get(fd, buf, n) || !skip(fd, length - n))
			return -1;
		if (found)
			return (int)length;
	}
	return -1;
}

void peer_wait_for_end(int fd)
{
	while (peer_wait(fd, -1, 0, NULL, 0) >= 0)
		;
	char byte;
	ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
	ck_assert_msg(errno != EAGAIN, "the server does not close the connection");
}
