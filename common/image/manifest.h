/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses and makes descriptors, indexes and manifests: those of OCI (image-spec) and those of
 * Docker's schema 2. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "common/archive/digest.h"
#include "common/image/platform.h"
#include "common/shale.h"

#define MEDIA_INDEX      "application/vnd.oci.image.index.v1+json"
#define MEDIA_MANIFEST   "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_CONFIG     "application/vnd.oci.image.config.v1+json"
#define MEDIA_LAYER      "application/vnd.oci.image.layer.v1.tar"
#define MEDIA_LAYER_GZ   MEDIA_LAYER "+gzip"
#define MEDIA_LAYER_ZSTD MEDIA_LAYER "+zstd"
#define INDEX_NAME       "index.json" /* name of the index in an OCI layout */
#define REF_NAME         "org.opencontainers.image.ref.name"
/* Annotation of containerd, BuildKit and Docker with the full name, repository and tag. If it is
 * set, REF_NAME has only the tag. */
#define FULL_NAME "io.containerd.image.name"

#define SIZE_UNKNOWN UINT64_MAX

struct descriptor {
	char digest[DIGEST_SIZE];
	uint64_t size;          /* SIZE_UNKNOWN if the descriptor has no size */
	const char *media_type; /* "" if the descriptor has no type; points into the document */
};
/* Parses a descriptor. Returns -EBADMSG if it is no object, or its digest or size is impossible. */
int descriptor_parse(const json_t *object, struct descriptor *ret, struct shale_error *err);
/* Makes a descriptor. NULL without memory. */
json_t *descriptor_new(const char *media_type, const char *digest, uint64_t size);

bool media_is_index(const char *media_type);
bool media_is_manifest(const char *media_type);
bool media_is_config(const char *media_type);
/* Tells whether shale can unpack layers of this type: a tar, plain, gzip or zstd, and not
 * encrypted. */
bool media_is_layer(const char *media_type);

/* Returns the name of an entry of index.json: FULL_NAME, or else REF_NAME; NULL without a name.
 * ENTRY keeps the text. */
const char *index_entry_name(const json_t *entry);
/* Finds the entry of index.json called TAG. TAG may leave out "docker.io/library/". Without TAG,
 * finds the only entry; if the entries differ only in their platform, the one for HOST. INDEX keeps
 * *RET. Returns -ENOENT or -EINVAL; the words list the names in the index. */
int index_find_tag(const json_t *index, const char *tag, const struct platform *host,
	const json_t **ret, struct shale_error *err);
/* Returns the names of all entries, each once, as an array of strings. */
int index_list_tags(const json_t *index, json_t **ret, struct shale_error *err);
/* Finds the entry for HOST in an index of one image for several platforms. INDEX keeps *RET. */
int index_find_platform(const json_t *index, const struct platform *host, const json_t **ret,
	struct shale_error *err);

/* Parses a manifest: the descriptors of the config and of the layers, base first. The caller frees
 * *RET_LAYERS. */
int manifest_parse(const json_t *manifest, struct descriptor *ret_config,
	struct descriptor **ret_layers, size_t *ret_n, struct shale_error *err);
