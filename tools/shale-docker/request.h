/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads values of a request's decoded body. Docker leaves out empty values, and sometimes sends
 * null for them. */
#pragma once

#include <errno.h>
#include <jansson.h>

#include "common/shale.h"

/* The result of a call whose request is wrong. libshale never returns this error. */
#define REQUEST_MALFORMED (-ENOMSG)

/* Returns the string KEY, "" if it is missing; NULL with words in ERR if it is no string. */
const char *request_text(const json_t *request, const char *key, struct shale_error *err);
/* These read values of other types; *RET is NULL if the value is missing. They return
 * REQUEST_MALFORMED for a wrong type. */
int request_object(
	const json_t *request, const char *key, const json_t **ret, struct shale_error *err);
int request_array(
	const json_t *request, const char *key, const json_t **ret, struct shale_error *err);
