/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of an image (manifest, config, layers), read from any kind of source. */
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
	char *name;                /* what the source calls the blob: for blobs->ops->open */
	char digest[DIGEST_SIZE];  /* of the blob, or "": not known */
	uint64_t size;             /* of the blob, if DIGEST is known */
	char diff_id[DIGEST_SIZE]; /* of the uncompressed tar */
	bool unvouched; /* the diff id was made of the stream: nothing says that it is whole */
};

struct parts {
	char *name;   /* of the image, as the source has it; NULL: it has none */
	json_t *tags; /* all of its names, where a docker archive has some; NULL without */
	char *config; /* verified, to the byte */
	char config_digest[DIGEST_SIZE];
	json_t *config_json; /* the same, parsed */
	char *manifest;      /* verified, to the byte; NULL: the source has none */
	json_t *annotations; /* of the manifest; NULL without */
	struct part *layers; /* base first */
	size_t n_layers;
};

/* An OCI layout, in a directory or an archive; TAG may be NULL. Of images for several platforms,
 * the one for PLATFORM. Documents are verified against their digests, layers are not read. */
int parts_of_oci(struct blobs *blobs, const char *tag, const struct platform *platform,
	struct parts *ret, struct shale_error *err);
/* Reads the format of `docker save`; NAME chooses one of several images, or is NULL. */
int parts_of_docker(
	struct blobs *blobs, const char *name, struct parts *ret, struct shale_error *err);
/* Reads a root filesystem tar, plain or compressed, once, to compute its digest. PLATFORM (NULL:
 * this machine) is written to the image's config: the tar itself does not name one. */
int parts_of_rootfs(struct blobs *blobs, struct progress *progress, const struct platform *platform,
	struct parts *ret, struct shale_error *err);
/* For the first two, what TAG or NAME can be: an array of strings, each once. */
int parts_list_oci(struct blobs *blobs, json_t **ret, struct shale_error *err);
int parts_list_docker(struct blobs *blobs, json_t **ret, struct shale_error *err);
/* -ENOENT if the image is not for PLATFORM. One that does not say is. */
int parts_check_platform(
	const struct parts *parts, const struct platform *platform, struct shale_error *err);

/* For the above: takes CONFIG over, parses it, and gives each of the N layers, which must be as
 * many as the config has, its diff_id. */
int parts_set_config(
	struct parts *parts, char *config, size_t size, size_t n_layers, struct shale_error *err);
void parts_free(struct parts *parts);

static inline void cleanup_parts(struct parts *parts)
{
	parts_free(parts);
}
#define auto_parts __attribute__((cleanup(cleanup_parts)))
