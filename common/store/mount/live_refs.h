/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The current uses of a layer's mount: the record in RUN/refs (refs.h), corrected by a look at
 * the mounts (liveness.h). All functions but refs_look want the layer's lock to be held. */
#pragma once

#include "common/store/mount/refs.h"

/* Reads the record of ID in RUN and corrects it by what is really mounted: a mount that nobody
 * counted is found, a count without a mount is dropped. Needs no lock and changes nothing: for
 * commands that only read. */
int refs_look(
	const struct shale_store *store, const char *id, struct refs *ret, struct shale_error *err);
/* The same for those who go on to change something: it waits for daemons that are about to end, and
 * ends those that nobody can reach any more. */
int refs_load(
	const struct shale_store *store, const char *id, struct refs *ret, struct shale_error *err);
/* 0, or -EBUSY with words, while anything is mounted. */
int refs_must_be_idle(const struct shale_store *store, const char *id, struct shale_error *err);
