/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer that is made from a tar in three steps, so that the last step of a layer can run in a
 * thread while the next layer of the chain is unpacked on top of it. */
#pragma once

#include "common/store/store.h"

struct adding;

/* Begins LAYER, whose functions and limits must stay valid until adding_unpack returns. PARENT, the
 * layer's parent if that is not published yet, must be unpacked, and adding_publish must not be
 * called for it before this returns; NULL: the parent is in the store. PARENT's own parent must be
 * in the store. Returns -EEXIST if the layer exists. */
int adding_begin(struct shale_store *store, const struct new_layer *layer,
	const struct adding *parent, struct adding **ret, struct shale_error *err);
/* Reads the whole stream, and verifies it. PARENT may be published meanwhile, and must stay there
 * until this returns. */
int adding_unpack(struct adding *adding, struct shale_error *err);
/* Computes the digests of the files, writes all to the disk, and gives the layer its name.
 * Any thread may call it. PARENT must be published before. */
int adding_publish(struct adding *adding, struct shale_error *err);
/* Frees ADDING, and removes the files of a layer that was not published. */
void adding_free(struct adding *adding);

static inline void cleanup_adding(struct adding **adding)
{
	adding_free(*adding);
}
#define auto_adding __attribute__((cleanup(cleanup_adding)))
