/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a layer from a tar in three steps: begin, unpack, publish. A thread can publish a layer
 * while the caller unpacks the next layer of the chain on top of it. */
#pragma once

#include "common/store/store.h"

struct adding;

/* Begins LAYER. Its functions and limits must stay valid until adding_unpack returns. PARENT is
 * NULL if the layer's parent is in the store. Otherwise PARENT is the parent, unpacked and not
 * published yet; the caller must not publish it before this function returns, and PARENT's own
 * parent must be in the store. Returns -EEXIST if the layer exists. */
int adding_begin(struct shale_store *store, const struct new_layer *layer,
	const struct adding *parent, struct adding **ret, struct shale_error *err);
/* Reads the whole stream, and verifies it. PARENT may be published during the call, but must not be
 * freed. */
int adding_unpack(struct adding *adding, struct shale_error *err);
/* Computes the digests of the files, writes everything to the disk, and gives the layer its name.
 * Any thread may call it. PARENT must be published before. */
int adding_publish(struct adding *adding, struct shale_error *err);
/* Frees ADDING, and removes the files of a layer that was not published. */
void adding_free(struct adding *adding);

static inline void cleanup_adding(struct adding **adding)
{
	adding_free(*adding);
}
#define auto_adding __attribute__((cleanup(cleanup_adding)))
