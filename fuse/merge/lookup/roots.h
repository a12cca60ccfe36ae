/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The set of directories that make up a mount: the roots of its layers and its work directory. A
 * layer may contain another layer's root. As in the kernel, a lookup that finds such a root inside
 * the mount fails with ELOOP: otherwise a change in the mount could change its own layers. */
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
/* Removes a directory that was deleted: another one may get its inode number. Does nothing if it
 * was not added. No other thread may use ROOTS meanwhile. */
void roots_remove(struct roots *roots, dev_t dev, ino_t ino);
bool roots_have(const struct roots *roots, dev_t dev, ino_t ino);
