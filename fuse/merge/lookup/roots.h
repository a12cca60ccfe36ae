/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The directories that a mount is made of: its layers' roots and its work directory. A layer may
 * contain another layer. A lookup that meets a root within the mount fails with ELOOP, as in the
 * kernel's overlayfs: otherwise a change in the mount could change its own layers.
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

/* Makes room for N roots. Returns 0 or -ENOMEM. */
int roots_open(struct roots *roots, size_t n);
void roots_close(struct roots *roots);
/* Adds a directory. Returns -EEXIST if it was added before. */
int roots_add(struct roots *roots, dev_t dev, ino_t ino);
bool roots_have(const struct roots *roots, dev_t dev, ino_t ino);
