/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses the backend that mounts this store's layers, and says why. No other file chooses a
 * backend. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/backend.h"

/* Returns the I-th backend in the order in which "auto" tries them; NULL after the last one. The
 * last one can meet every need. */
const struct backend_ops *driver_at(size_t i);
/* Returns the backend of this name, or NULL. */
const struct backend_ops *driver_named(const char *name);
/* Returns the backend whose mounts have this type in /proc/self/mountinfo. */
const struct backend_ops *driver_of_type(const char *fs_type);
/* Tells whether mounts of the backend called NAME (may be NULL) have a daemon. */
bool driver_has_daemon(const char *name);

/* Chooses the backend for the store: the one that the user asked for; with "auto", the first one
 * whose trial mounts succeed. The choice holds until the store is closed. RET_REASON (may be NULL)
 * is valid as long as the store. */
int driver_choose(struct shale_store *store, const struct backend_ops **ret,
	const char **ret_reason, struct shale_error *err);
/* Chooses the backend for a mount with NEEDS, a sum of 1 << NEED_.... With "auto", takes another
 * backend if the usual one cannot meet them. Returns -EOPNOTSUPP, with the reason and a remedy, if
 * the user chose a backend that cannot. The caller frees RET_REASON. */
int driver_choose_for(struct shale_store *store, unsigned int needs, const struct backend_ops **ret,
	char **ret_reason, struct shale_error *err);
/* Returns 0 if BACKEND can meet NEED in this store; else -EOPNOTSUPP with the reason and a
 * remedy. */
int driver_must_give(const struct shale_store *store, const struct backend_ops *backend,
	enum backend_need need, struct shale_error *err);

/* Runs BACKEND's trials of this host, and calls FN with each result. */
int driver_probe(const struct shale_store *store, const struct backend_ops *backend,
	shale_feature_fn *fn, void *arg, struct shale_error *err);
