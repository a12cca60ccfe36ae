/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a server of the snapshotter's wire layer in a thread, and makes peers that write frames by
 * hand. */
#pragma once

#include "tools/shale-snapshotter/wire/client.h"
#include "tools/shale-snapshotter/wire/wire.h"

#define ECHO "/test.Service/Echo" /* the loop answers */
#define WORK "/test.Service/Work" /* a worker answers */
/* The request is a number in text: answers with so many messages of 64 KB. */
#define MANY "/test.Service/Many"
#define FAIL "/test.Service/Fail" /* answers WIRE_NOT_FOUND, with the request as its words */
#define SLOW "/test.Service/Slow" /* answers when wire_fixture_release is called */
#define NAME "/test.Service/Name" /* answers with the request's headers, "NAME=VALUE;" each */
void wire_fixture_start(void);
/* Stops the server, which must end by itself, and checks that it has no calls left. */
void wire_fixture_stop(void);
/* Asks the server to end, and returns at once. */
void wire_fixture_ask_to_stop(void);
/* Waits until a call of SLOW runs. */
void wire_fixture_wait_for_slow(void);
void wire_fixture_release(void);
const char *wire_fixture_address(void);

/* Returns how many calls of METHOD ended with STATUS. */
unsigned long wire_fixture_count(const char *method, enum wire_status status);

/* Makes a call with one message. The caller frees *RET_WORDS and *RET, the last message (NULL:
 * none). */
enum wire_status wire_fixture_ask(const char *method, const void *data, size_t size, char **ret,
	size_t *ret_size, char **ret_words);

/* ---- frames by hand ---- */

enum {
	DATA = 0,
	HEADERS = 1,
	RST_STREAM = 3,
	SETTINGS = 4,
	PING = 6,
	GOAWAY = 7,
	WINDOW_UPDATE = 8,
	CONTINUATION = 9
};
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4 };

/* Connects, and sends the preface and SETTINGS with PAYLOAD. */
int peer_connect(const void *payload, size_t size);
/* Sends a frame. Returns false if the server has closed the connection. */
bool peer_frame(int fd, int type, int flags, unsigned stream, const void *payload, size_t size);
/* Adds a header to a block of headers, which must have room for it. The header is neither
 * compressed nor indexed. */
size_t peer_header(uint8_t *block, size_t at, const char *name, const char *value);
/* Sends the headers of a call. */
bool peer_headers(int fd, unsigned stream, const char *method);
/* Sends a call with a message of SIZE bytes 'x'. */
bool peer_call(int fd, unsigned stream, const char *method, size_t size);
/* Reads frames until one of TYPE (and of STREAM, if not 0) has come. The payload's first SIZE bytes
 * go to BUF. Returns the frame's length; -1 if the server has closed the connection. */
int peer_wait(int fd, int type, unsigned stream, uint8_t *buf, size_t size);
/* Waits until the server closes the connection. */
void peer_wait_for_end(int fd);
