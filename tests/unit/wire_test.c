/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests the snapshotter's gRPC over HTTP/2: calls, flow control, and peers that break the rules. */
#include "tests/unit/wire_fixture.h"

#include "common/base/scope.h"
#include "tests/unit/suite.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- calls ---- */

static const char *const echoing[] = { ECHO, WORK };

START_TEST(a_reply_has_the_bytes_of_the_request)
{
	static const size_t sizes[] = { 0, 1, 16384, 1000000, 4 << 20 };
	size_t n;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		auto_free char *data = malloc(sizes[i] + 1), *got = NULL, *words = NULL;

		memset(data, 'a' + (int)i, sizes[i]);
		ck_assert_int_eq(
			wire_fixture_ask(echoing[_i], data, sizes[i], &got, &n, &words), WIRE_OK);
		ck_assert_uint_eq(n, sizes[i]);
		ck_assert_mem_eq(got, data, n);
	}
	ck_assert_uint_eq(wire_fixture_count(echoing[_i], WIRE_OK), 5);
}
END_TEST

START_TEST(a_reply_of_many_messages_is_larger_than_all_windows)
{
	struct wire_client *client;
	const uint8_t *message;
	const char *words;
	size_t n, messages = 0;

	ck_assert_int_eq(wire_client_open(wire_fixture_address(), MANY, NULL, 0, &client), 0);
	ck_assert_int_eq(wire_client_send(client, (const uint8_t *)"200", 3, true), 0);
	while (wire_client_receive(client, &message, &n) == 1) {
		ck_assert_uint_eq(n, 65536);
		ck_assert_str_eq((const char *)message, "part");
		messages++;
	}
	ck_assert_uint_eq(messages, 200);
	ck_assert_int_eq(wire_client_status(client, &words), WIRE_OK);
	wire_client_close(client);
}
END_TEST

START_TEST(a_failure_has_a_status_and_words_but_no_reply)
{
	static const char text[] = "100% \"\xc3\xa4\" \n\x7f %41";
	auto_free char *got = NULL, *words = NULL;
	size_t n;

	ck_assert_int_eq(
		wire_fixture_ask(FAIL, text, strlen(text), &got, &n, &words), WIRE_NOT_FOUND);
	ck_assert_str_eq(words, text);
	ck_assert_ptr_null(got);
}
END_TEST

START_TEST(an_unknown_method_is_unimplemented)
{
	auto_free char *got = NULL, *words = NULL;
	size_t n;

	ck_assert_int_eq(wire_fixture_ask("/test.Service/None", "", 0, &got, &n, &words),
		WIRE_UNIMPLEMENTED);
	ck_assert_str_eq(words, "unknown method /test.Service/None");
}
END_TEST

START_TEST(a_request_above_four_megabytes_is_refused)
{
	const size_t size = (4 << 20) + 1;
	auto_free char *data = calloc(1, size), *got = NULL, *words = NULL;
	size_t n;

	ck_assert_int_eq(
		wire_fixture_ask(WORK, data, size, &got, &n, &words), WIRE_RESOURCE_EXHAUSTED);
	ck_assert_uint_eq(wire_fixture_count(WORK, WIRE_OK), 0);
}
END_TEST

static void *ask_often(void *arg)
{
	size_t *good = arg;

	for (int i = 0; i < 50; i++) {
		char text[32];
		auto_free char *got = NULL, *words = NULL;
		size_t n;

		snprintf(text, sizeof(text), "%p %d", arg, i);
		*good += wire_fixture_ask(echoing[i % 2], text, strlen(text), &got, &n, &words) ==
				 WIRE_OK &&
			 n == strlen(text) && !memcmp(got, text, n);
	}
	return NULL;
}

START_TEST(callers_at_the_same_time_get_their_own_replies)
{
	pthread_t threads[8];
	size_t good[8] = { 0 };

	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_often, &good[i]), 0);
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_uint_eq(good[i], 50);
	}
}
END_TEST

START_TEST(headers_of_containerd_are_passed_on)
{
	char name[] = "containerd-namespace", value[] = "default", other[] = "x-other";
	const struct wire_header headers[] = { { name, value }, { other, value } };
	struct wire_client *client;
	const uint8_t *message;
	size_t n;

	ck_assert_int_eq(wire_client_open(wire_fixture_address(), NAME, headers, 2, &client), 0);
	ck_assert_int_eq(wire_client_send(client, NULL, 0, true), 0);
	ck_assert_int_eq(wire_client_receive(client, &message, &n), 1);
	ck_assert_uint_eq(n, strlen("containerd-namespace=default;"));
	ck_assert_mem_eq(message, "containerd-namespace=default;", n);
	wire_client_close(client);
}
END_TEST

static void *ask_slowly(void *arg)
{
	auto_free char *got = NULL, *words = NULL;
	size_t n;

	*(enum wire_status *)arg = wire_fixture_ask(SLOW, "x", 1, &got, &n, &words);
	return NULL;
}

START_TEST(a_server_that_ends_answers_the_running_calls)
{
	enum wire_status status = WIRE_UNKNOWN;
	pthread_t caller;

	ck_assert_int_eq(pthread_create(&caller, NULL, ask_slowly, &status), 0);
	wire_fixture_wait_for_slow();
	wire_fixture_ask_to_stop();
	wire_fixture_release();
	pthread_join(caller, NULL);
	ck_assert_int_eq(status, WIRE_OK);
}
END_TEST

/* ---- flow control ---- */

START_TEST(a_peer_without_a_window_gets_data_as_it_opens_one)
{
	/* SETTINGS_INITIAL_WINDOW_SIZE is 0, then 5. */
	static const uint8_t none[] = { 0, 4, 0, 0, 0, 0 }, five[] = { 0, 0, 0, 5 },
			     rest[] = { 0, 0, 1, 0 };
	auto_close int fd = peer_connect(none, sizeof(none));
	uint8_t buf[16];

	ck_assert(peer_call(fd, 1, ECHO, 10));
	ck_assert_int_gt(peer_wait(fd, HEADERS, 1, NULL, 0), 0);
	/* Without a window, the server sends no data, so the next frame must be the answer to a
	 * ping. */
	ck_assert(peer_frame(fd, PING, 0, 0, "12345678", 8));
	ck_assert_int_eq(peer_wait(fd, PING, 0, buf, 8), 8);
	ck_assert(peer_frame(fd, WINDOW_UPDATE, 0, 1, five, 4));
	ck_assert_int_eq(peer_wait(fd, DATA, 1, buf, 16), 5);
	ck_assert_mem_eq(buf, "\0\0\0\0\12", 5);
	ck_assert(peer_frame(fd, WINDOW_UPDATE, 0, 1, rest, 4));
	ck_assert_int_eq(peer_wait(fd, DATA, 1, buf, 16), 10);
	ck_assert_int_gt(peer_wait(fd, HEADERS, 1, NULL, 0), 0);
}
END_TEST

START_TEST(a_peer_that_reads_nothing_stops_no_other_one)
{
	/* The window is as large as it can be. */
	static const uint8_t most[] = { 0, 4, 0x7f, 0xff, 0xff, 0xff },
			     update[] = { 0x7f, 0, 0, 0 };
	auto_close int fd = peer_connect(most, sizeof(most));
	static const uint8_t number[] = { 0, 0, 0, 0, 3, '2', '0', '0' };

	ck_assert(peer_frame(fd, WINDOW_UPDATE, 0, 0, update, 4));
	for (unsigned stream = 1; stream < 20; stream += 2) {
		ck_assert(peer_headers(fd, stream, MANY));
		ck_assert(peer_frame(fd, DATA, END_STREAM, stream, number, sizeof(number)));
	}
	for (size_t i = 0; i < sizeof(echoing) / sizeof(*echoing); i++) {
		auto_free char *got = NULL, *words = NULL;
		size_t n;

		ck_assert_int_eq(wire_fixture_ask(echoing[i], "x", 1, &got, &n, &words), WIRE_OK);
	}
}
END_TEST

/* ---- peers that break off ---- */

START_TEST(a_peer_that_leaves_is_not_answered)
{
	int fd = peer_connect(NULL, 0);
	auto_free char *got = NULL, *words = NULL;
	size_t n;

	ck_assert(peer_call(fd, 1, SLOW, 1));
	wire_fixture_wait_for_slow();
	if (_i == 0) /* the call alone, or the connection */
		ck_assert(peer_frame(fd, RST_STREAM, 0, 1, "\0\0\0\10", 4));
	else
		close(fd);
	ck_assert_int_eq(wire_fixture_ask(ECHO, "x", 1, &got, &n, &words), WIRE_OK);
	wire_fixture_release();
	if (_i == 0) {
		ck_assert(peer_call(fd, 3, ECHO, 1));
		ck_assert_int_gt(peer_wait(fd, HEADERS, 3, NULL, 0), 0);
		close(fd);
	}
}
END_TEST

START_TEST(half_a_frame_is_no_call)
{
	int fd = peer_connect(NULL, 0);
	auto_free char *got = NULL, *words = NULL;
	size_t n;

	ck_assert(peer_headers(fd, 1, ECHO));
	/* Send a frame that says it has 100 bytes, and has 5. */
	ck_assert_int_eq(write(fd, "\0\0\144\0\1\0\0\0\1\0\0\0\0\1", 14), 14);
	close(fd);
	ck_assert_int_eq(wire_fixture_ask(ECHO, "x", 1, &got, &n, &words), WIRE_OK);
	ck_assert_uint_eq(wire_fixture_count(ECHO, WIRE_OK), 1);
}
END_TEST

/* ---- peers that break the rules ---- */

/* Faults of a peer. Each is sent after a good preface, and must end the connection. */
static const struct {
	int type, flags;
	unsigned stream;
	const char *payload;
	size_t size;
} breaches[] = {
	{ DATA, 0, 1, "x", 1 },                         /* data of a call that was not begun */
	{ HEADERS, END_HEADERS, 2, "\x82", 1 },         /* an even number is the server's */
	{ HEADERS, END_HEADERS, 1, "\xff\xff\xff", 3 }, /* a header that ends too early */
	{ HEADERS, END_HEADERS, 1, "\xbe", 1 },         /* no such entry in the table of headers */
	{ HEADERS, END_HEADERS, 1, "\x00\x7f\xff\xff\xff\xff\xff\x0f", 8 }, /* a huge length */
	{ HEADERS, END_HEADERS, 1, "\x3f\xff\xff\xff\x7f", 5 }, /* a huge table of headers */
	{ CONTINUATION, END_HEADERS, 1, "\x82", 1 },            /* continues no headers */
	{ SETTINGS, 0, 0, "12345", 5 },                         /* not a multiple of 6 */
	{ SETTINGS, 0, 0, "\0\4\xff\xff\xff\xff", 6 },  /* the window size is larger than allowed */
	{ PING, 0, 0, "1234", 4 },                      /* a PING frame must have 8 bytes */
	{ WINDOW_UPDATE, 0, 0, "\x7f\xff\xff\xff", 4 }, /* the window overflows */
	{ RST_STREAM, 0, 5, "\0\0\0\0", 4 },            /* resets a call that was not begun */
	{ DATA, 0, 0, "x", 1 },                         /* data of the connection itself */
};

START_TEST(a_breach_of_the_protocol_ends_the_connection)
{
	auto_close int fd = peer_connect(NULL, 0);
	auto_free char *got = NULL, *words = NULL;
	size_t n;

	/* The server may close the connection before all of the frame is sent. */
	(void)peer_frame(fd, breaches[_i].type, breaches[_i].flags, breaches[_i].stream,
		breaches[_i].payload, breaches[_i].size);
	peer_wait_for_end(fd);
	ck_assert_int_eq(wire_fixture_ask(ECHO, "x", 1, &got, &n, &words), WIRE_OK);
}
END_TEST

START_TEST(a_frame_may_not_be_longer_than_agreed)
{
	auto_close int fd = peer_connect(NULL, 0);
	static const uint8_t data[16385];

	ck_assert(peer_headers(fd, 1, ECHO));
	(void)peer_frame(fd, DATA, 0, 1, data, sizeof(data));
	peer_wait_for_end(fd);
}
END_TEST

START_TEST(headers_without_an_end_end_the_connection)
{
	auto_close int fd = peer_connect(NULL, 0);
	uint8_t block[16384];
	size_t n = 0;

	while (n + 20 < sizeof(block))
		n = peer_header(block, n, "containerd-a", "b");
	if (peer_frame(fd, HEADERS, 0, 1, block, n))
		for (int i = 0; i < 10000 && peer_frame(fd, CONTINUATION, 0, 1, block, n); i++)
			;
	peer_wait_for_end(fd);
}
END_TEST

START_TEST(a_header_that_is_passed_on_has_a_limit)
{
	auto_close int fd = peer_connect(NULL, 0);
	char value[8001];
	uint8_t block[16384], reply[64];
	size_t n = peer_header(block, 0, ":method", "POST");

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = 0;
	n = peer_header(block, n, ":scheme", "http");
	n = peer_header(block, n, ":authority", "x");
	n = peer_header(block, n, ":path", NAME);
	n = peer_header(block, n, "content-type", "application/grpc");
	n = peer_header(block, n, "containerd-namespace", value);
	ck_assert(peer_frame(fd, HEADERS, END_HEADERS, 1, block, n));
	ck_assert(peer_frame(fd, DATA, END_STREAM, 1, "\0\0\0\0\0", 5));
	/* The answer is a failure, which has no data. */
	ck_assert_int_gt(peer_wait(fd, HEADERS, 1, reply, sizeof(reply)), 0);
	ck_assert_uint_eq(wire_fixture_count(NAME, WIRE_OK), 0);
	/* The next call is served. */
	ck_assert(peer_call(fd, 3, ECHO, 3));
	ck_assert_int_eq(peer_wait(fd, DATA, 3, reply, sizeof(reply)), 8);
}
END_TEST

START_TEST(calls_above_the_limit_are_refused)
{
	auto_close int fd = peer_connect(NULL, 0);
	uint8_t code[4];

	/* Begin 1024 calls whose requests do not end, and one more. */
	for (unsigned i = 0; i < 1024; i++)
		ck_assert(peer_headers(fd, 2 * i + 1, ECHO));
	ck_assert(peer_frame(fd, PING, 0, 0, "12345678", 8));
	ck_assert_int_eq(peer_wait(fd, PING, 0, NULL, 0), 8);
	ck_assert(peer_headers(fd, 2049, ECHO));
	ck_assert_int_eq(peer_wait(fd, RST_STREAM, 2049, code, 4), 4);
	ck_assert_mem_eq(code, "\0\0\0\7", 4); /* REFUSED_STREAM */
}
END_TEST

/* Bodies that are no message: too short, too long, too many, compressed. */
static const struct {
	const char *data;
	size_t size;
} messages[] = { { "", 0 }, { "\0\0\0", 3 }, { "\0\0\0\0\2x", 6 }, { "\0\0\0\0\0x", 6 },
	{ "\1\0\0\0\1x", 6 }, { "\0\xff\xff\xff\xffx", 6 } };

START_TEST(a_request_must_be_one_whole_message)
{
	auto_close int fd = peer_connect(NULL, 0);
	uint8_t reply[64];

	ck_assert(peer_headers(fd, 1, ECHO));
	ck_assert(peer_frame(fd, DATA, END_STREAM, 1, messages[_i].data, messages[_i].size));
	ck_assert_int_gt(peer_wait(fd, HEADERS, 1, reply, sizeof(reply)), 0);
	ck_assert_uint_eq(wire_fixture_count(ECHO, WIRE_OK), 0);
	ck_assert(peer_call(fd, 3, ECHO, 3));
	ck_assert_int_eq(peer_wait(fd, DATA, 3, reply, sizeof(reply)), 8);
}
END_TEST

static void add_calls(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_reply_has_the_bytes_of_the_request, 0, 2);
	tcase_add_test(tcase, a_reply_of_many_messages_is_larger_than_all_windows);
	tcase_add_test(tcase, a_failure_has_a_status_and_words_but_no_reply);
	tcase_add_test(tcase, an_unknown_method_is_unimplemented);
	tcase_add_test(tcase, a_request_above_four_megabytes_is_refused);
	tcase_add_test(tcase, callers_at_the_same_time_get_their_own_replies);
	tcase_add_test(tcase, headers_of_containerd_are_passed_on);
	tcase_add_test(tcase, a_server_that_ends_answers_the_running_calls);
	tcase_add_test(tcase, a_peer_without_a_window_gets_data_as_it_opens_one);
	tcase_add_test(tcase, a_peer_that_reads_nothing_stops_no_other_one);
}

static void add_breaches(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_peer_that_leaves_is_not_answered, 0, 2);
	tcase_add_test(tcase, half_a_frame_is_no_call);
	tcase_add_loop_test(tcase, a_breach_of_the_protocol_ends_the_connection, 0,
		sizeof(breaches) / sizeof(*breaches));
	tcase_add_test(tcase, a_frame_may_not_be_longer_than_agreed);
	tcase_add_test(tcase, headers_without_an_end_end_the_connection);
	tcase_add_test(tcase, a_header_that_is_passed_on_has_a_limit);
	tcase_add_test(tcase, calls_above_the_limit_are_refused);
	tcase_add_loop_test(tcase, a_request_must_be_one_whole_message, 0,
		sizeof(messages) / sizeof(*messages));
}

int main(void)
{
	Suite *suite = suite_create("wire");
	TCase *tcase = tcase_create("wire");
	tcase_add_checked_fixture(tcase, wire_fixture_start, wire_fixture_stop);
	tcase_set_timeout(tcase, 300);
	add_calls(tcase);
	add_breaches(tcase);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
