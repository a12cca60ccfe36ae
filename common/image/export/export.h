/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An export on its way: its layers are written, its documents still to be. */
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
	const struct shale_config_options *config; /* NULL: no changes to it */
	bool force;                                /* replace any file */
	struct progress progress;
	struct lineage lineage;
	struct packing packing; /* of the lineage */
	bool docker;            /* layers are plain, with Docker's names */
	const char *tag;        /* what the user calls it in the destination; NULL */
};

/* The image as an OCI layout, or as a docker archive, in SINK, to be committed by the caller. */
int export_oci(struct export *export, struct sink *sink, struct shale_error *err);
int export_docker(struct export *export, struct sink *sink, struct shale_error *err);

/* For the above: the blobs of all layers, base first, written to SINK, packed as they came; *RET is
 * the caller's. */
int export_layers(
	struct export *export, struct sink *sink, struct layer_blob **ret, struct shale_error *err);
/* The config that belongs to BLOBS: the caller's; its digest too, of the kind that it had. */
int export_config(struct export *export, const struct layer_blob *blobs, char **ret,
	char ret_digest[DIGEST_SIZE], struct shale_error *err);
/* A document in SINK: its own text under NAME. */
int export_document(
	struct sink *sink, const char *name, const json_t *document, struct shale_error *err);
