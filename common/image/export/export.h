/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A running export: its layers are written first, then its documents. */
#pragma once

#include "common/base/progress.h"
#include "common/image/export/layer_blob.h"
#include "common/image/lineage.h"
#include "common/image/export/packing.h"
#include "common/image/export/sink.h"
#include "common/shale.h"

struct export
{
	struct shale_store *store;
	const struct shale_config_options *config; /* changes to the config; NULL: none */
	bool force;                                /* replace any file */
	struct progress progress;
	struct lineage lineage;
	struct packing packing; /* how its layers were packed */
	bool docker;            /* plain layers with Docker's names */
	const char *tag;        /* the image's name in the destination; NULL: not given */
};

/* Writes the image to SINK as an OCI layout, or as a docker archive; the caller commits it. */
int export_oci(struct export *export, struct sink *sink, struct shale_error *err);
int export_docker(struct export *export, struct sink *sink, struct shale_error *err);

/* For both: writes the blobs of all layers to SINK, base first, packed as they came; *RET is the
 * caller's. */
int export_layers(
	struct export *export, struct sink *sink, struct layer_blob **ret, struct shale_error *err);
/* For both: the config for BLOBS, the caller's, and its digest, by the algorithm that it had. */
int export_config(struct export *export, const struct layer_blob *blobs, char **ret,
	char ret_digest[DIGEST_SIZE], struct shale_error *err);
/* Writes a document to SINK under NAME. */
int export_document(
	struct sink *sink, const char *name, const json_t *document, struct shale_error *err);
