/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decoded body of a request. Docker leaves out empty values, and sometimes sends null for
 * them. */
#pragma once

#include <errno.h>
#include <jansson.h>

#include "common/shale.h"

/* The request itself is wrong; libshale has no such error. */
#define REQUEST_MALFORMED (-ENOMSG)

/* The string KEY, "" if it is missing; NULL with words in ERR if it is no string. */
const char *request_text(const json_t *request, const char *key, struct shale_error *err);
/* Values of other types; if one is missing *RET is NULL. REQUEST_MALFORMED. */
int request_object(
	const json_t *request, const char *key, const json_t **ret, struct shale_error *err);
int request_array(
	const json_t *request, const char *key, const json_t **ret, struct shale_error *err);
