/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/flusher.h"

#include "common/base/scope.h"
#include "common/base/thread.h"

#include <stdbool.h>

/* WORTH: begin a sync after so many bytes. A sync slows other writers, so it must have much to
 * write: this is as much as 30,000 small files. FILE_COST is what a file costs beside its data, for
 * its inode and name. */
#define WORTH     ((uint64_t)256 * 1024 * 1024)
#define FILE_COST ((uint64_t)8 * 1024)

struct flusher {
	int fd;
	pthread_t thread;
	pthread_mutex_t lock; /* guards all fields below */
	pthread_cond_t changed;
	uint64_t written; /* bytes written since the last sync began */
	bool stop;
	int error;
};

static bool wait_for_work(struct flusher *flusher)
{
	while (flusher->written < WORTH && !flusher->stop)
		pthread_cond_wait(&flusher->changed, &flusher->lock);
	flusher->written = 0;
	return !flusher->stop;
}

static void *work(void *arg)
{
	struct flusher *flusher = arg;

	pthread_mutex_lock(&flusher->lock);
	while (wait_for_work(flusher)) {
		pthread_mutex_unlock(&flusher->lock);
		int r = sys(syncfs(flusher->fd));
		pthread_mutex_lock(&flusher->lock);
		if (r < 0 && flusher->error == 0)
			flusher->error = r;
	}
	pthread_mutex_unlock(&flusher->lock);
	return NULL;
}

static void release(struct flusher *flusher)
{
	pthread_cond_destroy(&flusher->changed);
	pthread_mutex_destroy(&flusher->lock);
	free(flusher);
}

struct flusher *flusher_start(int fd)
{
	struct flusher *flusher = calloc(1, sizeof(*flusher));

	if (!flusher)
		return NULL;
	flusher->fd = fd;
	pthread_mutex_init(&flusher->lock, NULL);
	pthread_cond_init(&flusher->changed, NULL);
	if (thread_start(&flusher->thread, work, flusher) == 0)
		return flusher;
	release(flusher);
	return NULL;
}

void flusher_add(struct flusher *flusher, uint64_t bytes)
{
	if (!flusher)
		return;
	pthread_mutex_lock(&flusher->lock);
	uint64_t before = flusher->written;
	flusher->written += FILE_COST + bytes;
	if (before < WORTH && flusher->written >= WORTH)
		pthread_cond_signal(&flusher->changed);
	pthread_mutex_unlock(&flusher->lock);
}

void flusher_finish(struct flusher *flusher)
{
	if (!flusher)
		return;
	pthread_mutex_lock(&flusher->lock);
	if (flusher->written > 0)
		flusher->written = WORTH;
	pthread_cond_signal(&flusher->changed);
	pthread_mutex_unlock(&flusher->lock);
}

int flusher_stop(struct flusher *flusher)
{
	if (!flusher)
		return 0;
	pthread_mutex_lock(&flusher->lock);
	flusher->stop = true;
	pthread_cond_signal(&flusher->changed);
	pthread_mutex_unlock(&flusher->lock);
	pthread_join(flusher->thread, NULL);
	int r = flusher->error;
	release(flusher);
	return r;
}
