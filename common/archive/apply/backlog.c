/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/backlog.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/thread.h"

#include <stdatomic.h>
#include <sys/resource.h>

#define FILES ((size_t)128)

struct backlog {
	const struct backlog_work *work;
	pthread_t thread;
	bool threaded;
	atomic_bool failed;
	/* The thread's error; the caller reads it only after it joined the thread or saw FAILED. */
	struct shale_error failure;
	size_t room; /* how many elements of FILES may be used at once */
	/* How many files to collect before waking the thread. A wake-up costs more than writing
	 * a small file. */
	size_t batch;

	pthread_mutex_t lock; /* guards all fields below */
	pthread_cond_t more, less;
	size_t first, n; /* files that were queued and are not complete yet */
	bool hurry;      /* the caller waits for all files: do not wait for a whole batch */
	bool stop;
	struct backlog_file files[FILES];
};

/* ---- in the thread ---- */

static void complete(struct backlog *backlog, struct backlog_file *file)
{
	struct shale_error err = { 0 };

	if (atomic_load(&backlog->failed)) {
		close(steal_fd(&file->fd));
		return;
	}
	int r = backlog->work->complete(backlog->work->arg, file, &err);
	if (r >= 0)
		return;
	err.code = error_fail(&err, r, "apply entry '%s'", file->name);
	backlog->failure = err;
	atomic_store(&backlog->failed, true);
}

/* Waits for a batch of files, or for fewer in a hurry. Returns how many files the thread completes
 * before it reports to the caller; 0: no more will come. The caller holds the lock. */
static size_t wait_for_files(struct backlog *backlog)
{
	while (backlog->n < backlog->batch && !(backlog->hurry && backlog->n) && !backlog->stop)
		pthread_cond_wait(&backlog->more, &backlog->lock);
	if (backlog->stop)
		return 0;
	return backlog->n < backlog->batch ? backlog->n : backlog->batch;
}

static void *work(void *arg)
{
	struct backlog *backlog = arg;
	size_t n;

	pthread_mutex_lock(&backlog->lock);
	while ((n = wait_for_files(backlog)) > 0) {
		size_t first = backlog->first;
		pthread_mutex_unlock(&backlog->lock);
		for (size_t i = 0; i < n; i++)
			complete(backlog, &backlog->files[(first + i) % FILES]);
		pthread_mutex_lock(&backlog->lock);
		backlog->first = (first + n) % FILES;
		backlog->n -= n;
		pthread_cond_signal(&backlog->less);
	}
	pthread_mutex_unlock(&backlog->lock);
	return NULL;
}

/* ---- in the caller ---- */

/* Returns the most files to queue: each one holds a descriptor open, and the caller needs
 * descriptors too. */
static size_t find_room(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur / 8 >= FILES)
		return FILES;
	return limit.rlim_cur < 8 ? 1 : limit.rlim_cur / 8;
}

struct backlog *backlog_new(const struct backlog_work *what)
{
	/* calloc() of this size uses no memory for files that are never queued. */
	struct backlog *backlog = calloc(1, sizeof(*backlog));

	if (!backlog)
		return NULL;
	backlog->work = what;
	backlog->room = find_room();
	backlog->batch = (backlog->room + 1) / 2;
	pthread_mutex_init(&backlog->lock, NULL);
	pthread_cond_init(&backlog->more, NULL);
	pthread_cond_init(&backlog->less, NULL);
	/* If no thread can be started, the caller completes the files itself. */
	backlog->threaded = thread_start(&backlog->thread, work, backlog) == 0;
	return backlog;
}

static void stop(struct backlog *backlog)
{
	pthread_mutex_lock(&backlog->lock);
	backlog->stop = true;
	pthread_cond_signal(&backlog->more);
	pthread_mutex_unlock(&backlog->lock);
	pthread_join(backlog->thread, NULL);
}

void backlog_free(struct backlog *backlog)
{
	if (!backlog)
		return;
	if (backlog->threaded)
		stop(backlog);
	for (size_t i = 0; i < backlog->n; i++)
		cleanup_close(&backlog->files[(backlog->first + i) % FILES].fd);
	pthread_cond_destroy(&backlog->less);
	pthread_cond_destroy(&backlog->more);
	pthread_mutex_destroy(&backlog->lock);
	free(backlog);
}

struct backlog_file *backlog_room(struct backlog *backlog)
{
	pthread_mutex_lock(&backlog->lock);
	while (backlog->n == backlog->room)
		pthread_cond_wait(&backlog->less, &backlog->lock);
	size_t next = (backlog->first + backlog->n) % FILES;
	pthread_mutex_unlock(&backlog->lock);
	return &backlog->files[next];
}

void backlog_put(struct backlog *backlog)
{
	if (!backlog->threaded) {
		complete(backlog, &backlog->files[backlog->first]);
		return;
	}
	pthread_mutex_lock(&backlog->lock);
	backlog->n++;
	if (backlog->n == backlog->batch)
		pthread_cond_signal(&backlog->more);
	pthread_mutex_unlock(&backlog->lock);
}

bool backlog_failed(const struct backlog *backlog)
{
	return atomic_load(&backlog->failed);
}

int backlog_finish(struct backlog *backlog, struct shale_error *err)
{
	pthread_mutex_lock(&backlog->lock);
	backlog->hurry = true;
	pthread_cond_signal(&backlog->more);
	while (backlog->n > 0)
		pthread_cond_wait(&backlog->less, &backlog->lock);
	backlog->hurry = false;
	pthread_mutex_unlock(&backlog->lock);
	if (!backlog_failed(backlog))
		return 0;
	if (err)
		*err = backlog->failure;
	return backlog->failure.code;
}
