/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An export on its way: its layers are written, its documents still to be. */
#pragma once

#include "common/image/layer_blob.h"
#include "common/image/lineage.h"
#include "common/image/packing.h"
#include "common/image/sink.h"
#include "common/shale.h"

struct shale_export {
	struct shale_store *store;
	const struct shale_image_options *options; /* may be NULL */
	struct shale_lineage lineage;
	struct shale_packing packing; /* of the lineage */
	bool docker;                  /* layers are plain, with Docker's names */
	const char *tag;              /* what the user calls it in the destination; NULL */
};

/* The image as an OCI layout, or as a docker archive, in SINK, to be committed by the caller. */
int shale_export_oci(struct shale_export *export, struct shale_sink *sink, struct shale_error *err);
int shale_export_docker(
	struct shale_export *export, struct shale_sink *sink, struct shale_error *err);

/* For the above: the blobs of all layers, base first, written to SINK, packed as they came; *RET is
 * the caller's. */
int shale_export_layers(struct shale_export *export, struct shale_sink *sink,
	struct shale_layer_blob **ret, struct shale_error *err);
/* The config that belongs to BLOBS: the caller's; its digest too. */
int shale_export_config(struct shale_export *export, const struct shale_layer_blob *blobs,
	char **ret, char ret_digest[SHALE_DIGEST_SIZE], struct shale_error *err);
/* A document in SINK: its own text under NAME. */
int shale_export_document(
	struct shale_sink *sink, const char *name, const json_t *document, struct shale_error *err);
