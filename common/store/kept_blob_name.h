/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file name of a blob that is kept with a layer: "blob-" and its digest in hexadecimal. */
#pragma once

#include <stdbool.h>

#include "common/archive/digest.h"

#define KEPT_BLOB_PREFIX "blob-"

bool kept_blob_is_name(const char *name);
/* The digest in NAME; false if it has none. */
bool kept_blob_name_digest(const char *name, char ret[DIGEST_SIZE]);
