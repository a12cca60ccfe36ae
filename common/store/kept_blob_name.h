/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The name of the kept blob of a layer: "blob-" and the digest in hexadecimal. */
#pragma once

#include <stdbool.h>

#include "common/archive/digest.h"

#define KEPT_BLOB_PREFIX "blob-"

bool kept_blob_is_name(const char *name);
/* Reads the digest from NAME. Returns false if NAME is not the name of a kept blob. */
bool kept_blob_name_digest(const char *name, char ret[DIGEST_SIZE]);
