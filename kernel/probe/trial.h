/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A place for trial mounts: HOME/staging/probe-XXXXXX, with the layers `middle` and `lower`, seen
 * from inside it and from a mount namespace that ends with the trial.
 *
 *   lower/   file ("lower"), gone, one and two (one file), dir/a, op/hidden
 *   middle/  dir/b, op/ (opaque)
 *   merged/  where mounts go
 *   upperN, workN  of the Nth mount
 */
#pragma once

#include <stdbool.h>

#include "common/overlay/overlay_xattr.h"
#include "common/shale.h"
#include "kernel/overlay_mount.h"

struct trial {
	enum xattr_class class;
	unsigned int mounts; /* so far */
};

/* Makes the place inside HOME, runs FN in it, and removes it. -EPERM where the process may mount
 * nothing. What FN returns is returned. */
int trial_run(
	int home, int (*fn)(struct trial *trial, void *arg), void *arg, struct shale_error *err);

/* Mounts middle over lower at merged, with a new upper directory, the options of a real mount and
 * EXTRA (NULL-terminated, or NULL) behind them. */
int trial_mount(struct trial *trial, const char *const *extra, struct shale_error *err);
/* The same of any OVERLAY; its upper and work are set here. */
int trial_mount_overlay(struct trial *trial, struct overlay *overlay, struct shale_error *err);
void trial_umount(void);

/* The path of NAME in the upper directory of the last mount. */
struct trial_path {
	char text[64];
};
struct trial_path trial_upper(const struct trial *trial, const char *name);

/* Makes NAME a file that holds TEXT, in place of what it held. */
int trial_write(const char *name, const char *text);
/* True if the file NAME holds TEXT and nothing more. */
bool trial_holds(const char *name, const char *text);

/* Whether PATH has the overlay xattr NAME, in the prefix of the trial's mounts. */
bool trial_has_xattr(const struct trial *trial, const char *path, const char *name);
/* -EOPNOTSUPP, with the words WHY. */
int trial_refuse(struct shale_error *err, const char *why);
