/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of an export. Layers are written first, then the documents that name them. */
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
	const struct shale_config_options *config; /* changes to the config; NULL: change nothing */
	bool force;                                /* replace any file at the destination */
	struct progress progress;
	struct lineage lineage;
	struct packing packing; /* which blob format each layer had when the image was imported */
	bool docker;            /* write uncompressed layers with the names of a docker archive */
	const char *tag;        /* the image's name in the destination; NULL: not given */
	bool live;              /* the layer is in use, and is read as it is */
	struct shale_error why_live;
};

/* Writes the image to SINK as an OCI layout, or as a docker archive; the caller commits it. */
int export_oci(struct export *export, struct sink *sink, struct shale_error *err);
int export_docker(struct export *export, struct sink *sink, struct shale_error *err);

/* Writes the blobs of all layers to SINK, base first, each in the format that it had at the import.
 * Used for both formats of images. The caller frees *RET. */
int export_layers(
	struct export *export, struct sink *sink, struct layer_blob **ret, struct shale_error *err);
/* Makes the config for BLOBS, and its digest with the algorithm of the imported config. Used for
 * both formats of images. The caller frees *RET. */
int export_config(struct export *export, const struct layer_blob *blobs, char **ret,
	char ret_digest[DIGEST_SIZE], struct shale_error *err);
/* Writes the text of a document to SINK under NAME. */
int export_document(
	struct sink *sink, const char *name, const json_t *document, struct shale_error *err);
