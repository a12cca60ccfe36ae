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
	/* The diff id was computed from the stream, so it does not prove that the stream is
	 * complete. */
	bool unvouched;
};

struct parts {
	char *name;   /* the image's name in the source; NULL: none */
	json_t *tags; /* all the image's names in a docker archive; else NULL */
	char *config; /* text of the config, verified and unchanged */
	char config_digest[DIGEST_SIZE];
	json_t *config_json; /* the config, parsed */
	char *manifest; /* text of the manifest, verified and unchanged; NULL if the source has none
			 */
	json_t *annotations; /* annotations of the manifest; NULL without one */
	struct part *layers; /* the layers, base first */
	size_t n_layers;
};

/* Reads an OCI layout, in a directory or an archive; TAG may be NULL. Chooses the image for
 * PLATFORM if there are several. Verifies documents against their digests, and does not read
 * layers. */
int parts_of_oci(struct blobs *blobs, const char *tag, const struct platform *platform,
	struct parts *ret, struct shale_error *err);
/* Reads the format of `docker save`. NAME chooses one of several images; NULL if there is one. */
int parts_of_docker(
	struct blobs *blobs, const char *name, struct parts *ret, struct shale_error *err);
/* Reads a root filesystem tar, plain or compressed, once, to compute its digest. PLATFORM (NULL:
 * this machine) is written to the image's config: the tar itself does not name one. */
int parts_of_rootfs(struct blobs *blobs, struct progress *progress, const struct platform *platform,
	struct parts *ret, struct shale_error *err);
/* These return the possible values of TAG or NAME, as an array of strings, each once. */
int parts_list_oci(struct blobs *blobs, json_t **ret, struct shale_error *err);
int parts_list_docker(struct blobs *blobs, json_t **ret, struct shale_error *err);
/* Checks that the image is for PLATFORM. Returns -ENOENT if it is for another one. An image without
 * a platform suits every one. */
int parts_check_platform(
	const struct parts *parts, const struct platform *platform, struct shale_error *err);

/* Takes over and parses CONFIG, and gives each of the N layers its diff_id. The config must have N
 * of them. For the functions above. */
int parts_set_config(
	struct parts *parts, char *config, size_t size, size_t n_layers, struct shale_error *err);
void parts_free(struct parts *parts);

static inline void cleanup_parts(struct parts *parts)
{
	parts_free(parts);
}
#define auto_parts __attribute__((cleanup(cleanup_parts)))
