/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/descriptors/writers.h"

#include "common/base/scope.h"
#include "common/base/thread.h"

#include <stdatomic.h>

#define INTERVAL 250000000 /* ns: an unused descriptor is closed after one or two intervals */

struct writers {
	struct fdcache cache;
	pthread_t thread;
	pthread_mutex_t lock; /* guards STOPPING; also held when BUSY becomes true */
	pthread_cond_t changed;
	bool stopping;
	bool keep;
	atomic_bool busy; /* true: there may be descriptors to close */
};

static void wait_for_interval(struct writers *writers)
{
	const struct timespec until = cond_deadline(INTERVAL);

	while (!writers->stopping &&
		pthread_cond_timedwait(&writers->changed, &writers->lock, &until) == 0)
		;
}

static void *close_idle(void *arg)
{
	struct writers *writers = arg;

	pthread_mutex_lock(&writers->lock);
	while (!writers->stopping) {
		if (!atomic_load(&writers->busy)) {
			pthread_cond_wait(&writers->changed, &writers->lock);
			continue;
		}
		wait_for_interval(writers);
		/* Clear BUSY before the look: a descriptor that is added later sets it again. */
		atomic_store(&writers->busy, false);
		if (fdcache_close_idle(&writers->cache))
			atomic_store(&writers->busy, true);
	}
	pthread_mutex_unlock(&writers->lock);
	return NULL;
}

static void free_writers(struct writers *writers)
{
	fdcache_close(&writers->cache);
	pthread_mutex_destroy(&writers->lock);
	pthread_cond_destroy(&writers->changed);
	free(writers);
}

int writers_open(bool keep, struct writers **ret)
{
	struct writers *writers = calloc(1, sizeof(*writers));

	if (!writers)
		return -ENOMEM;
	pthread_mutex_init(&writers->lock, NULL);
	cond_init(&writers->changed);
	writers->keep = keep;
	int r = fdcache_open(&writers->cache);
	if (r == 0)
		r = thread_start(&writers->thread, close_idle, writers);
	if (r < 0) {
		free_writers(writers);
		return r;
	}
	*ret = writers;
	return 0;
}

void writers_limit(struct writers *writers, uint32_t most)
{
	fdcache_limit(&writers->cache, writers->keep ? most : 0, UINT32_MAX, 0);
}

void writers_close_unused(struct writers *writers)
{
	fdcache_close_unused(&writers->cache);
}

void writers_close(struct writers *writers)
{
	if (!writers)
		return;
	pthread_mutex_lock(&writers->lock);
	writers->stopping = true;
	pthread_cond_signal(&writers->changed);
	pthread_mutex_unlock(&writers->lock);
	pthread_join(writers->thread, NULL);
	free_writers(writers);
}

struct fd *writers_get(struct writers *writers, uint32_t node)
{
	return fdcache_get(&writers->cache, fd_key(FD_WRITE, node));
}

struct fd *writers_add(struct writers *writers, uint32_t node, int fd)
{
	struct fd *added = fdcache_add(&writers->cache, fd_key(FD_WRITE, node), fd, false);

	if (added && !atomic_exchange(&writers->busy, true)) {
		pthread_mutex_lock(&writers->lock);
		pthread_cond_signal(&writers->changed);
		pthread_mutex_unlock(&writers->lock);
	}
	return added;
}

void writers_drop(struct writers *writers, uint32_t node)
{
	fdcache_drop(&writers->cache, fd_key(FD_WRITE, node));
}
