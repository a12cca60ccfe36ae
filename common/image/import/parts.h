/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the parts of an image (manifest, config, layers) from any kind of source. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "common/image/blobs/blobs.h"
#include <stdbool.h>

#include "common/archive/digest.h"
#include "common/base/progress.h"
#include "common/image/platform.h"
#include "common/shale.h"

struct part {
	char *name;                /* the blob's name in the source, for blobs->ops->open */
	char digest[DIGEST_SIZE];  /* the blob's digest; "": not known */
	uint64_t size;             /* the blob's size, if DIGEST is known; or SIZE_UNKNOWN */
	char diff_id[DIGEST_SIZE]; /* digest of the layer's uncompressed tar */
	/* The source names no digest for this layer. So its diff id, computed from the stream, does
	 * not prove that the stream is complete. */
	bool unvouched;
};

struct parts {
	char *name;   /* the image's name in the source; NULL: none */
	json_t *tags; /* a docker archive's names for the image, an array; else NULL */
	char *config; /* text of the config, verified and unchanged */
	char config_digest[DIGEST_SIZE];
	json_t *config_json; /* the config, parsed */
	char *manifest; /* text of the manifest, verified and unchanged; NULL if the source has none
			 */
	json_t *annotations; /* annotations of the manifest; NULL: none */
	struct part *layers; /* the layers, base first */
	size_t n_layers;
};

/* Reads an OCI layout, from a directory or an archive. TAG chooses an image by name, and may be
 * NULL; PLATFORM chooses among images for several platforms. Checks the digests of the documents;
 * does not read layers. */
int parts_of_oci(struct blobs *blobs, const char *tag, const struct platform *platform,
	struct parts *ret, struct shale_error *err);
/* Reads the format of `docker save`. NAME chooses one of several images; NULL if there is one. */
int parts_of_docker(
	struct blobs *blobs, const char *name, struct parts *ret, struct shale_error *err);
/* Reads the tar of a root filesystem, plain or compressed, once to compute its digest. PLATFORM
 * (NULL: this machine) goes into the image's config, since the tar names none. */
int parts_of_rootfs(struct blobs *blobs, struct progress *progress, const struct platform *platform,
	struct parts *ret, struct shale_error *err);
/* List the possible values of TAG, or of NAME, as an array of strings without repetitions. */
int parts_list_oci(struct blobs *blobs, json_t **ret, struct shale_error *err);
int parts_list_docker(struct blobs *blobs, json_t **ret, struct shale_error *err);
/* Returns -ENOENT if the image is for another platform than PLATFORM, else 0. An image that names
 * no platform fits every one. */
int parts_check_platform(
	const struct parts *parts, const struct platform *platform, struct shale_error *err);

/* For the functions above: parses CONFIG, which PARTS then owns, and gives each layer its diff id.
 * Fails unless the config has N_LAYERS diff ids. */
int parts_set_config(
	struct parts *parts, char *config, size_t size, size_t n_layers, struct shale_error *err);
void parts_free(struct parts *parts);

static inline void cleanup_parts(struct parts *parts)
{
	parts_free(parts);
}
#define auto_parts __attribute__((cleanup(cleanup_parts)))
