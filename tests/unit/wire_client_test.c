/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests the client of the snapshotter's wire layer with servers that break the rules. */
#include "tests/unit/wire_fixture.h"

#include "common/base/scope.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define OK_HEADERS                                                                                 \
	"\0\7:status\3"                                                                            \
	"200\0\14content-type\20"                                                                  \
	"application/grpc"
#define TRAILERS(status) "\0\13grpc-status\1" status "\0\14grpc-message\11one%20two"
#define TEXT(literal)    literal, sizeof(literal) - 1

/* The frames that a server sends on the first stream. Frames without a size are left out. */
struct answer {
	struct {
		int type, flags;
		const char *payload;
		size_t size;
	} frames[4];
	int messages;            /* number of messages that must arrive */
	int end;                 /* what the receive after them must return */
	enum wire_status status; /* the call's status, if END is 0 */
	const char *words;
};

static const struct answer answers[] = {
	{ { { HEADERS, END_HEADERS, TEXT(OK_HEADERS) }, { DATA, 0, TEXT("\0\0\0\0\1x\0\0\0\0\1y") },
		  { HEADERS, END_HEADERS | END_STREAM, TEXT(TRAILERS("0")) } },
		2, 0, WIRE_OK, "one two" },
	/* A message in two frames. */
	{ { { HEADERS, END_HEADERS, TEXT(OK_HEADERS) }, { DATA, 0, TEXT("\0\0\0") },
		  { DATA, 0, TEXT("\0\1x") },
		  { HEADERS, END_HEADERS | END_STREAM, TEXT(TRAILERS("0")) } },
		1, 0, WIRE_OK, "one two" },
	{ { { HEADERS, END_HEADERS | END_STREAM, TEXT(OK_HEADERS TRAILERS("5")) } }, 0, 0,
		WIRE_NOT_FOUND, "one two" },
	/* The call ends without a status. */
	{ { { HEADERS, END_HEADERS, TEXT(OK_HEADERS) }, { DATA, END_STREAM, TEXT("\0\0\0\0\1x") } },
		1, 0, WIRE_UNAVAILABLE, "" },
	/* The server speaks another protocol. */
	{ { { HEADERS, END_HEADERS | END_STREAM,
		  TEXT("\0\7:status\3"
		       "404") } },
		0, 0, WIRE_UNAVAILABLE, "" },
	/* Half a message. */
	{ { { HEADERS, END_HEADERS, TEXT(OK_HEADERS) }, { DATA, 0, TEXT("\0\0\0\0\2x") },
		  { HEADERS, END_HEADERS | END_STREAM, TEXT(TRAILERS("0")) } },
		0, -EPROTO, WIRE_OK, "" },
	/* A compressed message, which was not offered. */
	{ { { HEADERS, END_HEADERS, TEXT(OK_HEADERS) }, { DATA, 0, TEXT("\1\0\0\0\1x") } }, 0,
		-EPROTO, WIRE_OK, "" },
	/* A message of four gigabytes. */
	{ { { HEADERS, END_HEADERS, TEXT(OK_HEADERS) }, { DATA, 0, TEXT("\0\xff\xff\xff\xffx") } },
		0, -EMSGSIZE, WIRE_OK, "" },
	/* The call is reset. */
	{ { { HEADERS, END_HEADERS, TEXT(OK_HEADERS) }, { RST_STREAM, 0, TEXT("\0\0\0\2") } }, 0, 0,
		WIRE_UNAVAILABLE, "" },
	/* The connection ends, or the server breaks the protocol: for the call both are the
	 * same. */
	{ { { HEADERS, END_HEADERS, TEXT(OK_HEADERS) } }, 0, -ECONNRESET, WIRE_OK, "" },
	{ { { HEADERS, END_HEADERS, TEXT("\xff\xff\xff") } }, 0, -ECONNRESET, WIRE_OK, "" },
	{ { { DATA, 0, TEXT("x") } }, 0, -ECONNRESET, WIRE_OK, "" },
};

static const struct answer *answer; /* the answer of the current test */
static int listening = -1;
static char dir[32], address[64];

/* Sends the frames. Then reads until the client has closed the connection, or for a moment if the
 * frames leave the client waiting. */
static void *serve(void *arg)
{
	auto_close int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	char buf[4096];

	ck_assert_int_ge(fd, 0);
	peer_frame(fd, SETTINGS, 0, 0, NULL, 0);
	/* The client has begun its call before it reads. */
	ck_assert_int_gt(recv(fd, buf, sizeof(buf), 0), 0);
	for (size_t i = 0; i < 4 && answer->frames[i].payload; i++)
		peer_frame(fd, answer->frames[i].type, answer->frames[i].flags, 1,
			answer->frames[i].payload, answer->frames[i].size);
	shutdown(fd, SHUT_WR);
	while (recv(fd, buf, sizeof(buf), 0) > 0)
		;
	return NULL;
}

static void start(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	strcpy(dir, "/tmp/shale-client.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(address, sizeof(address), "%s/socket", dir);
	strcpy(at.sun_path, address);
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listening, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(listening, 1), 0);
}

static void stop(void)
{
	close(listening);
	unlink(address);
	rmdir(dir);
}

START_TEST(a_server_is_judged_by_its_frames)
{
	struct wire_client *client;
	const uint8_t *message;
	const char *words;
	pthread_t server;
	size_t n;
	int r, messages = 0;

	answer = &answers[_i];
	ck_assert_int_eq(pthread_create(&server, NULL, serve, NULL), 0);
	ck_assert_int_eq(wire_client_open(address, ECHO, NULL, 0, &client), 0);
	ck_assert_int_eq(wire_client_send(client, NULL, 0, true), 0);
	while ((r = wire_client_receive(client, &message, &n)) == 1) {
		ck_assert_uint_eq(n, 1);
		messages++;
	}
	ck_assert_int_eq(messages, answer->messages);
	/* A connection that the server ends may look broken. */
	if (answer->end == -ECONNRESET)
		ck_assert_int_lt(r, 0);
	else
		ck_assert_int_eq(r, answer->end);
	if (r == 0) {
		ck_assert_int_eq(wire_client_status(client, &words), answer->status);
		ck_assert_str_eq(words, answer->words);
	}
	wire_client_close(client);
	pthread_join(server, NULL);
}
END_TEST

START_TEST(without_a_server_no_call_begins)
{
	struct wire_client *client;
	char name[200];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	ck_assert_int_eq(wire_client_open("/tmp/shale-no-such", ECHO, NULL, 0, &client), -ENOENT);
	ck_assert_int_eq(wire_client_open(name, ECHO, NULL, 0, &client), -ENAMETOOLONG);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wire client");
	TCase *tcase = tcase_create("wire client");
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(
		tcase, a_server_is_judged_by_its_frames, 0, sizeof(answers) / sizeof(*answers));
	tcase_add_test(tcase, without_a_server_no_call_begins);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
