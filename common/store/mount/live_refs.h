/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The current uses of a layer's mount: the record in RUN/refs (refs.h), corrected by a look at the
 * mounts (liveness.h). All functions but refs_look need the layer's lock. */
#pragma once

#include "common/store/mount/refs.h"

/* Reads the record of ID in RUN and compares it with the mounts: adds a mount that was not counted,
 * drops a count without a mount. Needs no lock and changes nothing: for commands that only read. */
int refs_look(
	const struct shale_store *store, const char *id, struct refs *ret, struct shale_error *err);
/* The same for callers that then change something: waits for daemons that are about to end, and
 * stops those that no process can reach any more. */
int refs_load(
	const struct shale_store *store, const char *id, struct refs *ret, struct shale_error *err);
/* -EBUSY with words while anything is mounted, else 0. */
int refs_must_be_idle(const struct shale_store *store, const char *id, struct shale_error *err);
