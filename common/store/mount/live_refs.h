/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The current uses of a layer's mount: the record in RUN/refs (refs.h), corrected by a look at the
 * mounts (liveness.h). All functions but refs_look need the layer's lock. */
#pragma once

#include "common/store/mount/refs.h"

/* Reads the record of ID in RUN and compares it with the mounts: adds a mount that was not
 * counted, drops a count without a mount. Needs no lock and changes nothing, so commands that
 * only read use it. */
int refs_look(
	const struct shale_store *store, const char *id, struct refs *ret, struct shale_error *err);
/* Reads the record like refs_look, for commands that then change something: waits for daemons
 * that are about to end, and stops daemons that no process can reach any more. */
int refs_load(
	const struct shale_store *store, const char *id, struct refs *ret, struct shale_error *err);
/* Returns -EBUSY with words while the layer has any mount, else 0. */
int refs_must_be_idle(const struct shale_store *store, const char *id, struct shale_error *err);
