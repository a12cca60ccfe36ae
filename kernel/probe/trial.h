/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A place for trial mounts: HOME/staging/probe-XXXXXX with the layers `middle` and `lower`. A trial
 * runs with this directory as its working directory, in a mount namespace of its own, which ends
 * with the trial.
 *
 *   lower/ file ("lower"), gone, one and two (one file), dir/a, op/hidden
 *   middle/ dir/b, op/ (opaque)
 *   merged/ mount point of the trials
 *   upperN, workN of the N-th mount */
#pragma once

#include <stdbool.h>

#include "common/overlay/overlay_xattr.h"
#include "common/shale.h"
#include "kernel/overlay_mount.h"

struct trial {
	enum xattr_class class;
	unsigned int mounts; /* number of mounts so far */
};

/* Makes the place in HOME, runs FN in it, removes it, and returns FN's result. Returns -EPERM if
 * the process may not mount anything. */
int trial_run(
	int home, int (*fn)(struct trial *trial, void *arg), void *arg, struct shale_error *err);

/* Mounts middle over lower at merged, with a new upper directory and the same options as a real
 * mount. EXTRA: more options, NULL-terminated; or NULL. */
int trial_mount(struct trial *trial, const char *const *extra, struct shale_error *err);
/* Mounts OVERLAY like trial_mount, with a new upper and work directory. */
int trial_mount_overlay(struct trial *trial, struct overlay *overlay, struct shale_error *err);
void trial_umount(void);

/* Returns the path of NAME in the upper directory of the last mount. */
struct trial_path {
	char text[64];
};
struct trial_path trial_upper(const struct trial *trial, const char *name);

/* Writes TEXT to the file NAME; makes or replaces the file. */
int trial_write(const char *name, const char *text);
/* Whether the file NAME contains exactly TEXT. */
bool trial_holds(const char *name, const char *text);

/* Whether PATH has the overlay xattr NAME, in the prefix of the trial's mounts. */
bool trial_has_xattr(const struct trial *trial, const char *path, const char *name);
/* Returns -EOPNOTSUPP, with WHY as ERR's words. */
int trial_refuse(struct shale_error *err, const char *why);
