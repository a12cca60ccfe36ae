/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/descriptors/limits.h"

#include "common/base/scope.h"

#include <sys/resource.h>
#include <time.h>

#define OTHERS       8 /* reserve for what is opened later: the FUSE device, the file of statistics */
#define MOST_WORKING 96   /* the most descriptors to reserve for running requests */
#define MOST_CACHED  8192 /* the most descriptors in the cache; a larger one would not be faster */
#define MOST_WRITERS 64

unsigned int descriptors_count(void)
{
	auto_closedir DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	/* N also counts ".", ".." and the descriptor of /proc/self/fd itself. */
	while (dir && readdir(dir))
		n++;
	return n < 3 ? 0 : n - 3;
}

/* Returns how many descriptors this process may still open, not counting those that it keeps until
 * its end. */

static unsigned int count_room(const struct fs *fs)
{
	struct rlimit limit;
	unsigned int held = descriptors_count();

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > 1 << 20)
		limit.rlim_cur = 1 << 20;
	if (!held)
		held = (unsigned int)(fs->end - fs->top) + OTHERS;
	return limit.rlim_cur > held + OTHERS ? (unsigned int)limit.rlim_cur - held - OTHERS : 0;
}

void descriptors_share(struct fs *fs)
{
	unsigned int room = count_room(fs);
	unsigned int working = room * 2 / 3 < MOST_WORKING ? room * 2 / 3 : MOST_WORKING;
	unsigned int kept = room - working;
	unsigned int writers = kept / 8 < MOST_WRITERS ? kept / 8 : MOST_WRITERS;
	unsigned int all = kept - writers;
	unsigned int cached = all / 2 < MOST_CACHED ? all / 2 : MOST_CACHED;

	if (fs->options.descriptors && fs->options.descriptors < cached)
		cached = fs->options.descriptors;
	fs->working = working;
	writers_limit(fs->writers, writers);
	fdcache_limit(&fs->fds, cached, all, all - all / 4);
}

bool descriptors_yield(struct fs *fs, int try)
{
	enum { MOST_TRIES = 30 };

	fdcache_close_unused(&fs->fds);
	writers_close_unused(fs->writers);
	if (try)
		nanosleep(&(struct timespec){ .tv_nsec = try * 1000000 }, NULL);
	return try < MOST_TRIES;
}
