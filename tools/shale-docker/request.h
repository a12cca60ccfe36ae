/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decoded body of a request. Docker leaves out what is empty, and sends null for it at times.
 */
#pragma once

#include <errno.h>
#include <jansson.h>

#include "common/shale.h"

/* The request itself is wrong; no error of libshale's. */
#define REQUEST_MALFORMED (-ENOMSG)

/* The string KEY, "" where there is none; NULL and words in ERR for what is no string. */
const char *request_text(const json_t *request, const char *key, struct shale_error *err);
/* The values of other types, each of which may be absent: *RET is NULL then. REQUEST_MALFORMED. */
int request_object(
	const json_t *request, const char *key, const json_t **ret, struct shale_error *err);
int request_array(
	const json_t *request, const char *key, const json_t **ret, struct shale_error *err);
