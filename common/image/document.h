/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads JSON documents that other programs wrote, and that may be hostile. Accepts exactly the
 * documents that Go's reader accepts, because all engines use that reader: see lenient.h. Of two
 * equal keys the last one counts. */
#pragma once

#include <stdint.h>
#include <jansson.h>

#include "common/shale.h"
#include "common/store/files/jsonfile.h" /* for auto_json */

/* Parses SIZE bytes of TEXT, an object or array. Returns a new reference in *RET, or -EBADMSG. */
int document_parse(const char *text, size_t size, json_t **ret, struct shale_error *err);
/* Returns the text of a string, which VALUE keeps. Returns NULL if VALUE is no string, or has a NUL
 * byte: as a C string it would end there. */
const char *document_text(const json_t *value);
/* Returns the value at KEY, which OBJECT keeps, or NULL. As in Go's reader, "Layers" and "layers"
 * are the same key, and the last one counts. */
json_t *document_get(const json_t *object, const char *key);
/* Returns the string at KEY, which OBJECT keeps, or NULL. */
const char *document_string(const json_t *object, const char *key);
/* Prints VALUE as compact text, keys in their order. The caller frees the text; NULL without
 * memory. */
char *document_print(const json_t *value);
