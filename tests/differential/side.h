/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One of the two mounts of a run, and the files that the run keeps open in it. */
#pragma once

#include "tests/differential/operation.h"

#include <stdbool.h>
#include <sys/types.h>

enum backend { BACKEND_KERNEL, BACKEND_FUSE };

struct mount_options {
	const char *fuse_program;
	const char *fuse_options; /* more options, or NULL */
	const char *options;      /* more mount options for both sides, or NULL */
	bool userns;
	bool plain; /* mounted by a user without capabilities; with userxattr, as for USERNS */
};

struct side {
	const char *name; /* name of its directory in the scratch directory, and in messages */
	enum backend backend;
	int n_old; /* how many snapshots were taken: their layers are SCRATCH/NAME/old0, ... */
	int root;  /* descriptor of the mount's root; -1: not mounted */
	int slots[OP_SLOTS];
	bool read_only[OP_SLOTS]; /* the slot was opened for reading only */
	bool plain;               /* as in struct mount_options */
	bool index;               /* mounted with index=on */
	bool linked[OP_SLOTS];    /* the file in the slot had several names when it was opened */
};

/* Mounts SCRATCH/NAME/merged. Below SCRATCH/NAME/upper lie the earlier upper layers, then
 * SCRATCH/lower/0 and so on. Returns 0 or a negative errno; messages of the program are in
 * SCRATCH/NAME/log. */
int side_mount(
	struct side *side, const char *scratch, int n_lowers, const struct mount_options *options);
/* Closes the open files and unmounts. Returns when the daemon has ended. */
int side_umount(struct side *side, const char *scratch);
void side_close_slots(struct side *side);

/* Makes upper the topmost lower layer, and a new upper. The side must not be mounted. */
int side_restack(struct side *side, const char *scratch);

/* Makes SCRATCH/NAME and its directories. */
int side_make(const struct side *side, const char *scratch);
