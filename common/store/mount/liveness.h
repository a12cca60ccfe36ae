/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks which of the mounts recorded in RUN still exist. In this mount namespace it looks at the
 * mounts themselves; elsewhere it asks the locks of daemons, then the backends about upper
 * directories, and last the processes that live there. */
#pragma once

#include "common/store/mount/refs.h"

/* Corrects REFS, and changes nothing else. */
int liveness_look(const struct shale_store *store, const char *id, struct refs *refs);
/* Whether the daemon of the mount at DIR (REFS->target, or one of the mounts) fails to answer in
 * time. */
bool liveness_is_hung(const struct refs *refs, const char *dir);
/* The state in one word: "mounted", "dead" (its daemon is gone), "hung" (it does not answer),
 * "elsewhere" (in another mount namespace), "unknown" (perhaps there), "detached" (detached while
 * in use), or "". */
const char *liveness_word(const struct refs *refs);
/* -ETIMEDOUT with words if the daemon of REFS->target is hung, else 0. */
int liveness_must_answer(const char *id, const struct refs *refs, struct shale_error *err);
/* Goes further, for callers that then change something and hold the layer's lock: waits for a
 * daemon that is about to end, stops those that no process can reach any more, and asks the
 * backends. */
int liveness_resolve(const struct shale_store *store, const char *id, struct refs *refs);
