/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON that others wrote: read key by key, never trusted. What Go's reader takes is taken, since
 * all engines use that one: of two equal keys the last counts, see lenient.h.
 */
#pragma once

#include <stdint.h>
#include <jansson.h>

#include "common/shale.h"
#include "common/store/files/jsonfile.h" /* auto_json */

/* The object or array in SIZE bytes of TEXT: a new reference. -EBADMSG. */
int document_parse(const char *text, size_t size, json_t **ret, struct shale_error *err);
/* The text of a string, borrowed; NULL for another value, or one with a NUL in it, of which a C
 * string would show but the beginning. */
const char *document_text(const json_t *value);
/* The value at KEY, or NULL: borrowed from OBJECT. As for Go's reader, "Layers" is "layers", and
 * the last one counts. */
json_t *document_get(const json_t *object, const char *key);
/* The string at KEY, or NULL: borrowed from OBJECT. */
const char *document_string(const json_t *object, const char *key);
/* Compact text of VALUE, keys in their order: the caller's to free, NULL without memory. */
char *document_print(const json_t *value);
