/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The second half of a snapshot by a switch of upper directories (snapshot_switch.h). The rename of
 * "intent" to "committed" decides that the old upper directory is the layer NEW from then on. If
 * the process is killed after it, the next process that locks ID finishes the snapshot.
 *
 *     ID/work/new/                the directory of NEW, without diff/
 *     ID/work/snapshot/intent     the id and the link of NEW
 *     ID/work/snapshot/committed  the same file, after the rename
 *     ID/work/snapshot/upper/     the new upper directory
 *     ID/work/snapshot/work/      the new work directory, if ID is mounted
 *     ID/work.next/               the new work directory; later the old one, to be removed
 *
 * Each step is one rename, and is done if its source is there. Until all steps are done ID has no
 * diff/: a command that reads ID without its lock fails, and sees no wrong files.
 */
#pragma once

#include "common/shale.h"
#include "common/store/id.h"
#include "common/store/switch_names.h"

/* Tells whether the layer in the directory DIR has a switch that is decided but not finished: 1, 0,
 * or a negative errno. */
int switch_is_pending(int dir);
/* Finishes a decided switch of the layer ID; does nothing if there is none. The caller holds the
 * layer's lock. RET_ID (may be NULL) is the id of the new layer, which is not the planned one if
 * that was taken meanwhile. If there was nothing to finish, RET_ID is unchanged. */
int switch_finish(const struct shale_store *store, const char *id, char ret_id[ID_MAX + 1],
	struct shale_error *err);
