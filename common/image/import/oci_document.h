/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the JSON documents of an OCI layout that descriptors name, and verifies them. */
#pragma once

#include <jansson.h>

#include "common/image/blobs/blobs.h"
#include "common/image/manifest.h"

/* The text of the blob, which is the caller's, and its size. -EBADMSG: not as DESCRIPTOR says. */
int oci_document_read(struct blobs *blobs, const struct descriptor *descriptor, char **ret,
	size_t *ret_size, struct shale_error *err);
/* The same with its JSON, a new reference. */
int oci_document_parse(struct blobs *blobs, const struct descriptor *descriptor, char **ret_text,
	json_t **ret, struct shale_error *err);
