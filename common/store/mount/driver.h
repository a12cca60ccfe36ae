/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses the backend that mounts this store's layers, and says why; nothing else does. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/backend.h"

/* The backends in the order in which "auto" tries them, then NULL; the last one can meet every
 * need. */
const struct backend_ops *driver_at(size_t i);
/* The backend of this name, or NULL. */
const struct backend_ops *driver_named(const char *name);
/* The backend whose mounts have this type in /proc/self/mountinfo. */
const struct backend_ops *driver_of_type(const char *fs_type);
/* True if mounts of the backend called NAME (may be NULL) live through a daemon. */
bool driver_has_daemon(const char *name);

/* The backend that was asked for, or with "auto" the first whose trial mounts pass; found once for
 * each store. RET_REASON (may be NULL) is valid as long as the store. */
int driver_choose(struct shale_store *store, const struct backend_ops **ret,
	const char **ret_reason, struct shale_error *err);
/* The same for a mount with NEEDS, a sum of 1 << NEED_...: with "auto" another backend replaces one
 * that cannot meet them; -EOPNOTSUPP with the reason and a remedy if the user asked for that
 * backend. RET_REASON is for the caller to free. */
int driver_choose_for(struct shale_store *store, unsigned int needs, const struct backend_ops **ret,
	char **ret_reason, struct shale_error *err);
/* Returns 0 if BACKEND can meet NEED in this store; else -EOPNOTSUPP with the reason and a
 * remedy. */
int driver_must_give(const struct shale_store *store, const struct backend_ops *backend,
	enum backend_need need, struct shale_error *err);

/* Like the probe of struct backend_ops. */
int driver_probe(const struct shale_store *store, const struct backend_ops *backend,
	shale_feature_fn *fn, void *arg, struct shale_error *err);
