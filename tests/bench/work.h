/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pieces of work that are measured, in sessions: the works of one share a mount, in this order.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Where the work is done, and how much of it. */
struct job {
	int dir;              /* the mount's root */
	const char *path;     /* the same */
	uint32_t files;       /* in the tree (tests/bench/tree.h) */
	uint32_t scale;       /* counts are multiplied by SCALE / 100 */
	const char *tar;      /* an archive of small files */
	const char *packages; /* a directory of .deb files */
};

struct work {
	const char *session;
	const char *name;
	const char *summary;
	/* Not measured; NULL: nothing. */
	int (*prepare)(const struct job *job);
	/* How many operations it was, or a negative errno. */
	long (*run)(const struct job *job);
};

/* Tables of one kind of work each, ended by one without a name. */
extern const struct work works_of_names[], works_of_changes[], works_of_data[], works_of_programs[];

static inline uint32_t scaled(const struct job *job, uint32_t count)
{
	uint32_t n = (uint32_t)((uint64_t)count * job->scale / 100);

	return n ? n : 1;
}
