/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Artifacts that lie in an index beside images and are none: attestations, signatures, SBOMs,
 * charts. An index need not say so: their manifests do (OCI image-spec, "Guidelines for Artifact
 * Usage").
 */
#pragma once

#include <jansson.h>

#include "common/image/blobs/blobs.h"

/* A copy of INDEX, a new reference, without the entries that are artifacts, whose number it
 * returns; a manifest that cannot be read stays. Reads none if INDEX has one entry. NULL: no
 * memory. */
json_t *artifacts_drop(struct blobs *blobs, const json_t *index, size_t *ret_n);
