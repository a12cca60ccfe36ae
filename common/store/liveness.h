/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is really there of what RUN records: in this mount namespace by looking, in others by the
 * locks that daemons hold, by what the backends know of upper directories, and at last by the
 * processes that live there. */
#pragma once

#include "common/store/refs.h"

/* Corrects REFS, and changes nothing else. */
int shale_liveness_look(const struct shale_store *store, const char *id, struct shale_refs *refs);
/* Goes on from there for those who are about to change something, and hold the layer's lock: waits
 * for a daemon that is about to end, ends those that nobody can reach any more, and asks the
 * backends. */
int shale_liveness_settle(const struct shale_store *store, const char *id, struct shale_refs *refs);
