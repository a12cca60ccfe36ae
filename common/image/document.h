/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads JSON that other programs wrote, which is never trusted. Accepts what Go's reader accepts,
 * since all engines use that: of two equal keys the last counts; see lenient.h.
 */
#pragma once

#include <stdint.h>
#include <jansson.h>

#include "common/shale.h"
#include "common/store/files/jsonfile.h" /* used by auto_json */

/* Parses SIZE bytes of TEXT, an object or array: returns a new reference. -EBADMSG. */
int document_parse(const char *text, size_t size, json_t **ret, struct shale_error *err);
/* The text of a string, borrowed; NULL for another value, or one with a NUL in it, since a C string
 * would show only its beginning. */
const char *document_text(const json_t *value);
/* The value at KEY, or NULL: borrowed from OBJECT. As for Go's reader, "Layers" equals "layers",
 * and the last one counts. */
json_t *document_get(const json_t *object, const char *key);
/* The string at KEY, or NULL: borrowed from OBJECT. */
const char *document_string(const json_t *object, const char *key);
/* Compact text of VALUE, keys in their order: the caller's to free; NULL: no memory. */
char *document_print(const json_t *value);
