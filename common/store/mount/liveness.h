/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks which of the mounts recorded in RUN still exist. Looks directly at mounts of this mount
 * namespace. For mounts of other namespaces, asks the locks of daemons, then the backends about
 * upper directories, and last the processes that live in the namespace. */
#pragma once

#include "common/store/mount/refs.h"

/* Corrects REFS by looking at the mounts. Changes nothing else. */
int liveness_look(const struct shale_store *store, const char *id, struct refs *refs);
/* Tells whether the daemon of the mount at DIR (REFS->target, or one of REFS->mounts) fails to
 * answer in time. */
bool liveness_is_hung(const struct refs *refs, const char *dir);
/* Returns the state in one word: "mounted", "dead" (its daemon ended), "hung" (its daemon does
 * not answer), "elsewhere" (in another mount namespace), "unknown" (it may exist), "detached"
 * (detached while in use), or "". */
const char *liveness_word(const struct refs *refs);
/* Returns -ETIMEDOUT with words if the daemon of REFS->target is hung, else 0. */
int liveness_must_answer(const char *id, const struct refs *refs, struct shale_error *err);
/* Corrects REFS for a command that changes something and holds the layer's lock. Waits for a daemon
 * that is about to end, stops daemons that no process can reach any more, and asks the backends. */
int liveness_resolve(const struct shale_store *store, const char *id, struct refs *refs);
