/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HOME/ID/stream: the record from which the tar stream of an immutable layer can be restored
 * (common/archive/stream/stream_format.h). layer.json has the digests of this file and of the
 * stream; without them the file is ignored. */
#pragma once

#include "common/archive/stream/stream_record.h"
#include "common/archive/stream/stream_restore.h"
#include "common/store/layer_fields.h"

#define ORIGINAL_STREAM_FILE STREAM_FILE
#define ORIGINAL_STREAM_KEY  "stream" /* key in layer.json: the digest of the file */

/* Notes the digests of the file in DIR, a layer's directory, in RECORD. */
int original_stream_note(int dir, json_t *record, struct shale_error *err);

/* Returns 1 if LAYER has a stream, else 0. The caller closes RET->record. */
int original_stream_of(
	const struct layer *layer, struct stream_original *ret, struct shale_error *err);
bool original_stream_is_kept(const struct layer *layer);

/* Checks LAYER's file. RET_WHY is the problem, a static string; NULL: none. Returns a negative
 * errno if the file cannot be read. */
int original_stream_check(const struct layer *layer, const char **ret_why);
/* Removes the stream of the layer in DIR. A later diff makes a new stream from the files. */
int original_stream_forget(const struct shale_store *store, int dir, struct shale_error *err);
