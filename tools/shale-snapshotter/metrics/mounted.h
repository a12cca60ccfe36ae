/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mounts of a store's snapshots, as /proc/self/mountinfo shows them. */
#pragma once

#include <stddef.h>

/* A mount that shale-fuse serves. */
struct mounted {
	char *path;
	char *layer; /* its source: see snapshots/mounts.c */
};

struct mounts {
	struct mounted *list;
	size_t n;
	size_t n_kernel; /* overlay mounts of layers in HOME */
};

int mounts_find(const char *home, struct mounts *ret);
void mounts_free(struct mounts *mounts);
