/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads JSON that other programs wrote, which is never trusted. Accepts what Go's reader accepts,
 * because all engines use that reader: of two equal keys the last counts; see lenient.h. */
#pragma once

#include <stdint.h>
#include <jansson.h>

#include "common/shale.h"
#include "common/store/files/jsonfile.h" /* for auto_json */

/* Parses SIZE bytes of TEXT, an object or array. Returns a new reference in *RET, or -EBADMSG. */
int document_parse(const char *text, size_t size, json_t **ret, struct shale_error *err);
/* Returns the text of a string, borrowed. Returns NULL for another value, or for a string with a
 * NUL in it: a C string would show only its beginning. */
const char *document_text(const json_t *value);
/* Returns the value at KEY, borrowed from OBJECT, or NULL. As for Go's reader, "Layers" equals
 * "layers", and the last one counts. */
json_t *document_get(const json_t *object, const char *key);
/* Returns the string at KEY, borrowed from OBJECT, or NULL. */
const char *document_string(const json_t *object, const char *key);
/* Prints VALUE as compact text, keys in their order. The caller frees the text; NULL without
 * memory. */
char *document_print(const json_t *value);
