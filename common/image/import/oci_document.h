/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads and verifies the JSON documents of an OCI layout that descriptors name. */
#pragma once

#include <jansson.h>

#include "common/image/blobs/blobs.h"
#include "common/image/manifest.h"

/* Reads the blob of DESCRIPTOR. The caller frees its text. Returns -EBADMSG if digest or size are
 * not as DESCRIPTOR says. */
int oci_document_read(struct blobs *blobs, const struct descriptor *descriptor, char **ret,
	size_t *ret_size, struct shale_error *err);
/* Reads a blob like oci_document_read, and parses it; RET is a new reference. */
int oci_document_parse(struct blobs *blobs, const struct descriptor *descriptor, char **ret_text,
	json_t **ret, struct shale_error *err);
