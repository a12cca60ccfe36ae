/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pieces of work of the benchmark, in sessions. All pieces of a session use the same mount, in
 * this order. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The directory to work in, and how much work to do. */
struct job {
	int dir;              /* the mount's root */
	const char *path;     /* path of the mount's root */
	uint32_t files;       /* number of files in the tree (tests/bench/tree.h) */
	uint32_t scale;       /* how much to do: counts are multiplied by SCALE / 100 */
	const char *tar;      /* an archive of small files */
	const char *packages; /* a directory of .deb files */
};

struct work {
	const char *session;
	const char *name;
	const char *summary;
	/* Runs before the measurement; may be NULL. */
	int (*prepare)(const struct job *job);
	/* Returns the number of operations, or a negative errno. */
	long (*run)(const struct job *job);
};

/* Tables of pieces of work, one for each kind. The last row has no name. */
extern const struct work works_of_names[], works_of_changes[], works_of_data[], works_of_programs[];

static inline uint32_t scaled(const struct job *job, uint32_t count)
{
	uint32_t n = (uint32_t)((uint64_t)count * job->scale / 100);

	return n ? n : 1;
}
