/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the store knows of an image: HOME/images/NAME.json. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "common/image/digest.h"
#include "common/shale.h"

struct shale_record {
	char *name;
	char **layers; /* ids, base first; the last is the image's top */
	size_t n_layers;
	char digest[SHALE_DIGEST_SIZE]; /* of CONFIG */
	int64_t created;                /* seconds since 1970 */
	char *config;                   /* to the byte as it came, so that its digest stays true */
	json_t *annotations;            /* of the manifest; NULL without */
};

const char *shale_record_top(const struct shale_record *record);
void shale_record_free(struct shale_record *record);

/* Makes the record durable under its name, in place of one that had the name before. */
int shale_record_save(
	struct shale_store *store, const struct shale_record *record, struct shale_error *err);
/* -ENOENT: no image is called NAME. */
int shale_record_load(struct shale_store *store, const char *name, struct shale_record *ret,
	struct shale_error *err);

/* Every record, sorted by name. A non-zero result of FN ends the walk and is returned. */
typedef int shale_record_fn(const struct shale_record *record, void *arg);
int shale_record_walk(
	struct shale_store *store, shale_record_fn *fn, void *arg, struct shale_error *err);

static inline void cleanup_record(struct shale_record *record)
{
	shale_record_free(record);
}
#define auto_record __attribute__((cleanup(cleanup_record)))
