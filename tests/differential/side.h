/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One of the two mounts that a run works on, and the files that the run holds open in it. */
#pragma once

#include "tests/differential/operation.h"

#include <stdbool.h>
#include <sys/types.h>

enum backend { BACKEND_KERNEL, BACKEND_FUSE };

struct mount_options {
	const char *fuse_program;
	const char *fuse_options; /* more of them, or NULL */
	const char *options;      /* more for both of them, or NULL */
	bool userns;
};

struct side {
	const char *name; /* of its directory in the scratch directory, and in messages */
	enum backend backend;
	int n_old; /* layers that were upper once: SCRATCH/NAME/old0.. */
	int root;  /* of the mounted tree; -1 */
	int slots[OP_SLOTS];
	bool read_only[OP_SLOTS]; /* the slot was opened for reading only */
	bool index;               /* mounted with index=on */
	bool linked[OP_SLOTS];    /* what was opened in the slot had other names */
};

/* Mounts SCRATCH/NAME/merged over what was upper once and SCRATCH/lower/0.. with SCRATCH/NAME/upper
 * and work. Returns 0 or a negative errno; what the program said is in SCRATCH/NAME/log. */
int side_mount(
	struct side *side, const char *scratch, int n_lowers, const struct mount_options *options);
/* Closes what is open, unmounts, and returns once no daemon is left. */
int side_umount(struct side *side, const char *scratch);
void side_close_slots(struct side *side);

/* Of an unmounted side: upper becomes the topmost lower layer. */
int side_restack(struct side *side, const char *scratch);

/* Makes SCRATCH/NAME and the directories in it. */
int side_make(const struct side *side, const char *scratch);
