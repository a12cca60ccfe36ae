/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the mounts of a store's snapshots in /proc/self/mountinfo. */
#pragma once

#include <stddef.h>

/* A mount that shale-fuse serves. */
struct mounted {
	char *path;
	char *layer; /* the mount's source, which names its layer: see snapshots/mounts.c */
};

struct mounts {
	struct mounted *list;
	size_t n;
	size_t n_kernel; /* number of overlay mounts of layers in HOME */
};

/* Finds each mount once, also if there are bind mounts of it. */
int mounts_find(const char *home, struct mounts *ret);
void mounts_free(struct mounts *mounts);
