/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The trials behind the table in kernel/feature.h, which says what they return. Each runs inside
 * the place of a trial, and leaves nothing mounted. */
#pragma once

#include "kernel/trial.h"

/* What a merged view is: try_merge.c. */
int shale_try_overlay(struct shale_trial *trial, struct shale_error *err);
int shale_try_d_type(struct shale_trial *trial, struct shale_error *err);
int shale_try_opaque(struct shale_trial *trial, struct shale_error *err);

/* What a mount option switches on: try_option.c. */
int shale_try_redirect(struct shale_trial *trial, struct shale_error *err);
int shale_try_metacopy(struct shale_trial *trial, struct shale_error *err);
int shale_try_userxattr(struct shale_trial *trial, struct shale_error *err);
int shale_try_volatile(struct shale_trial *trial, struct shale_error *err);
int shale_try_index(struct shale_trial *trial, struct shale_error *err);
int shale_try_xino(struct shale_trial *trial, struct shale_error *err);

/* What else the kernel and the filesystem give: try_host.c. */
int shale_try_lowerdir_plus(struct shale_trial *trial, struct shale_error *err);
int shale_try_data_only(struct shale_trial *trial, struct shale_error *err);
int shale_try_idmapped(struct shale_trial *trial, struct shale_error *err);
int shale_try_nesting(struct shale_trial *trial, struct shale_error *err);
int shale_try_project_quota(struct shale_trial *trial, struct shale_error *err);
