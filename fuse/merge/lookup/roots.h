/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The directories that a mount is made of: its layers' roots and its work directory. A layer may
 * hold another one. A lookup that meets a root within the mount fails with ELOOP, as the kernel's
 * overlayfs has it: else a change of upper would change what is merged while it is merged.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct root {
	dev_t dev;
	ino_t ino; /* 0: the slot is free */
};

struct roots {
	struct root *slots;
	size_t n_slots; /* a power of two, and more than there are roots */
};

/* Room for N roots. 0 or -ENOMEM. */
int roots_open(struct roots *roots, size_t n);
void roots_close(struct roots *roots);
/* Returns -EEXIST if the directory is there already. */
int roots_add(struct roots *roots, dev_t dev, ino_t ino);
bool roots_have(const struct roots *roots, dev_t dev, ino_t ino);
