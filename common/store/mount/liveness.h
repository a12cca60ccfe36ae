/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks which of the mounts recorded in RUN still exist: in this mount namespace by looking, in
 * others by the locks that daemons hold, by what the backends know of upper directories, and at
 * last by the processes that live there. */
#pragma once

#include "common/store/mount/refs.h"

/* Corrects REFS, and changes nothing else. */
int liveness_look(const struct shale_store *store, const char *id, struct refs *refs);
/* Whether the daemon of the mount at DIR (REFS->target, or one of the mounts) does not answer
 * within a bounded time. */
bool liveness_is_hung(const struct refs *refs, const char *dir);
/* In one word: "mounted", "dead" (its daemon is gone), "hung" (it does not answer), "elsewhere" (in
 * another mount namespace), "unknown" (there, perhaps), "detached" (in use in a mount that was
 * taken away), or "". */
const char *liveness_word(const struct refs *refs);
/* -ETIMEDOUT with words if the daemon of REFS->target is hung, else 0. */
int liveness_must_answer(const char *id, const struct refs *refs, struct shale_error *err);
/* Goes on from there for those who are about to change something, and hold the layer's lock: waits
 * for a daemon that is about to end, ends those that nobody can reach any more, and asks the
 * backends. */
int liveness_resolve(const struct shale_store *store, const char *id, struct refs *refs);
