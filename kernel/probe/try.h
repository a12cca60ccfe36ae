/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The trials for the table in kernel/probe/feature.h, which also says what they return. Each runs
 * in the place of trial.h, and leaves nothing mounted. */
#pragma once

#include "kernel/probe/trial.h"

/* Trials of the merged view, in try_merge.c: */
int try_overlay(struct trial *trial, struct shale_error *err);
int try_d_type(struct trial *trial, struct shale_error *err);
int try_opaque(struct trial *trial, struct shale_error *err);

/* Trials of mount options, in try_option.c: */
int try_redirect(struct trial *trial, struct shale_error *err);
int try_metacopy(struct trial *trial, struct shale_error *err);
int try_userxattr(struct trial *trial, struct shale_error *err);
int try_volatile(struct trial *trial, struct shale_error *err);
int try_index(struct trial *trial, struct shale_error *err);
int try_xino(struct trial *trial, struct shale_error *err);

/* Trials of the kernel and of the filesystem below the overlay, in try_host.c: */
int try_lowerdir_plus(struct trial *trial, struct shale_error *err);
int try_data_only(struct trial *trial, struct shale_error *err);
int try_idmapped(struct trial *trial, struct shale_error *err);
int try_nesting(struct trial *trial, struct shale_error *err);
int try_project_quota(struct trial *trial, struct shale_error *err);
