/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The record of an image in the store: HOME/images/NAME.json. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "common/archive/digest.h"
#include "common/shale.h"

struct record {
	char *name;
	char **layers; /* ids of the layers, base first; the last is the image's top */
	size_t n_layers;
	char digest[DIGEST_SIZE]; /* the digest of CONFIG */
	int64_t created;          /* seconds since 1970 */
	char *config;             /* the config's text as it came, so that its digest stays valid */
	json_t *annotations;      /* the manifest's annotations; NULL without any */
	json_t *tags;             /* other names that the image had in its source; NULL: none */
	char *manifest;           /* text of the manifest as it was imported; NULL: none */
};

/* Appends a copy of ID to the layers. */
int record_add_layer(struct record *record, const char *id);
const char *record_top(const struct record *record);
/* Sets the manifest to a copy of MANIFEST, which may be NULL. */
int record_set_manifest(struct record *record, const char *manifest);
void record_free(struct record *record);

/* Makes the record durable under its name. Replaces an older record of that name. */
int record_save(struct shale_store *store, const struct record *record, struct shale_error *err);
/* Reads the record of the image NAME. Returns -ENOENT if there is none. */
int record_load(
	struct shale_store *store, const char *name, struct record *ret, struct shale_error *err);

/* Finds the image by its name; the tag "latest" may be left out. */
int record_find(
	struct shale_store *store, const char *what, struct record *ret, struct shale_error *err);

/*
 * HOME/ID/image.json: a copy of the record of the image that layer ID was made from. The image may
 * have been renamed, replaced or removed since, and another one may have the same layers.
 */
#define RECORD_OF_LAYER "image.json"
/* Reads the record that a layer keeps; DIR is the layer's directory. Returns -ENOENT, without
 * words, if there is none. */
int record_of_layer(int dir, struct record *ret, struct shale_error *err);
/* Writes the record of a layer into DIR, the directory of a draft. Need not sync it: the draft is
 * synced when it is published. */
int record_write_of_layer(int dir, const struct record *record, struct shale_error *err);

/* Calls FN for every record, sorted by name. A non-zero result of FN ends the walk and is
 * returned. */
typedef int record_fn(const struct record *record, void *arg);
int record_walk(struct shale_store *store, record_fn *fn, void *arg, struct shale_error *err);

static inline void cleanup_record(struct record *record)
{
	record_free(record);
}
#define auto_record __attribute__((cleanup(cleanup_record)))
