/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads values from the decoded body of a request. Docker leaves out empty values, and sometimes
 * sends null instead. */
#pragma once

#include <errno.h>
#include <jansson.h>

#include "common/shale.h"

/* The result of a call whose request is wrong. libshale never returns this error. */
#define REQUEST_MALFORMED (-ENOMSG)

/* Returns the string KEY, "" if it is missing; NULL with words in ERR if it is no string. */
const char *request_text(const json_t *request, const char *key, struct shale_error *err);
/* Read values of other types. *RET is NULL if the value is missing. Return REQUEST_MALFORMED if it
 * has another type. */
int request_object(
	const json_t *request, const char *key, const json_t **ret, struct shale_error *err);
int request_array(
	const json_t *request, const char *key, const json_t **ret, struct shale_error *err);
