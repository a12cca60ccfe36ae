/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls that dockerd makes: one row for each endpoint of the graphdriver protocol. */
#pragma once

#include <jansson.h>

#include "common/shale.h"

struct driver;

/* All return >= 0 or a negative errno with words in ERR, or REQUEST_MALFORMED.
 * A REQUEST is an object; what goes into REPLY, an object too, is sent if the call succeeds. */

/* JSON in, JSON out. */
typedef int answer_fn(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err);
/* The body is read from FD, and the request is in the query of the address. */
typedef int receive_fn(struct driver *driver, const json_t *request, int fd, json_t *reply,
	struct shale_error *err);
/* JSON in; the reply's body is written to FD. */
typedef int send_fn(struct driver *driver, const json_t *request, int fd, struct shale_error *err);

struct endpoint {
	const char *name;
	answer_fn *answer; /* one of the three */
	receive_fn *receive;
	send_fn *send;
	const char *type; /* of the reply's body; NULL: the protocol's own */
};

/* Ends with a row without a name. */
extern const struct endpoint endpoints[];
