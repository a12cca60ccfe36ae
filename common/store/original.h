/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * HOME/ID/stream: what gives an immutable layer back as the tar stream that it was unpacked from
 * (common/archive/stream/stream_format.h). layer.json has the digest of the file, and that of the
 * stream: without them the file means nothing.
 */
#pragma once

#include "common/archive/stream/stream_record.h"
#include "common/archive/stream/stream_restore.h"
#include "common/store/layer_fields.h"

#define ORIGINAL_FILE STREAM_FILE
#define ORIGINAL_KEY  "stream" /* in layer.json: the digest of the file */

/* Notes in RECORD the file that was made in DIR, a layer's directory. */
int original_note(int dir, json_t *record, struct shale_error *err);

/* 1 if LAYER has one, 0 if not. RET->record is the caller's to close. */
int original_of(const struct layer *layer, struct stream_original *ret, struct shale_error *err);
bool original_is_kept(const struct layer *layer);

/* RET_WHY: what is wrong with LAYER's file, static; NULL: nothing. A negative errno: it cannot be
 * told. */
int original_check(const struct layer *layer, const char **ret_why);
/* The layer in DIR stays, and comes back from now on as a stream of its own. */
int original_forget(const struct shale_store *store, int dir, struct shale_error *err);
