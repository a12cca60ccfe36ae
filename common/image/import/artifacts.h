/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds artifacts in an index: attestations, signatures, SBOMs and charts, which an index may list
 * beside images. Often only their manifests tell that they are no images (OCI image-spec,
 * "Guidelines for Artifact Usage"). */
#pragma once

#include <jansson.h>

#include "common/image/blobs/blobs.h"

/* Returns a copy of INDEX without the entries that are artifacts; RET_N is their number. An entry
 * whose manifest cannot be read stays. If INDEX has only one entry, reads no manifest. NULL without
 * memory. */
json_t *artifacts_drop(struct blobs *blobs, const json_t *index, size_t *ret_n);
