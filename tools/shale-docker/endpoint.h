/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call that dockerd makes: an endpoint of the graphdriver protocol. */
#pragma once

#include <jansson.h>

#include "common/shale.h"

struct driver;

/* The three kinds of calls. All return >= 0, a negative errno with words in ERR, or
 * REQUEST_MALFORMED. REQUEST and REPLY are JSON objects; REPLY is sent only if the call
 * succeeds. */

/* A call with JSON in the request and in the reply. */
typedef int answer_fn(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err);
/* A call whose body is a stream, which it reads from FD; the request is in the query of the
 * address. */
typedef int receive_fn(struct driver *driver, const json_t *request, int fd, json_t *reply,
	struct shale_error *err);
/* A call with a JSON request and a stream as the reply's body, which it writes to FD. */
typedef int send_fn(struct driver *driver, const json_t *request, int fd, struct shale_error *err);

struct endpoint {
	const char *name;
	answer_fn *answer; /* exactly one of these three is set */
	receive_fn *receive;
	send_fn *send;
	const char *type; /* media type of a streamed reply; NULL: that of JSON replies */
};
