/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which backend mounts this store's layers here, and why that one. */
#pragma once

#include "common/backend.h"

/* The backend that was asked for, or with "auto" the kernel's if its trial mounts pass, else FUSE.
 * Found once. RET_REASON (may be NULL) lives as long as the store. */
int driver_choose(struct shale_store *store, const struct backend_ops **ret,
	const char **ret_reason, struct shale_error *err);
/* The backend of this name, or NULL. */
const struct backend_ops *driver_named(const char *name);

/* 0 if the kernel's backend has the feature NAME in this store; -EOPNOTSUPP, with the reason in
 * ERR's text, where not. */
int driver_kernel_has(const struct shale_store *store, const char *name, struct shale_error *err);

/* As the probe of struct backend_ops. */
int driver_probe(const struct shale_store *store, const struct backend_ops *backend,
	shale_feature_fn *fn, void *arg, struct shale_error *err);
