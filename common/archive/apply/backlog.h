/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A queue of new files that have their names already, but not their data, owners and times. A
 * thread completes them in order while the caller creates the next ones.
 */
#pragma once

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "common/shale.h"

/* The most data of a queued file. The caller writes larger files itself, because copying their
 * data into the queue would cost too much. */
#define BACKLOG_DATA ((size_t)64 * 1024)

struct backlog_file {
	char name[304];   /* the entry's name for error texts, cut off if it is longer */
	int fd;           /* the file, open; whoever completes it closes the descriptor */
	struct stat made; /* the file's stat after its creation; writing the data changes neither
			     owner nor mode */
	struct stat want;
	struct timespec times[2];
	size_t size;
	char data[BACKLOG_DATA];
};

static inline void backlog_name(struct backlog_file *file, const char *name)
{
	size_t size = strnlen(name, sizeof(file->name) - 1);

	memcpy(file->name, name, size);
	file->name[size] = 0;
}

struct backlog_work {
	/* Completes one file. Called for one file at a time, in the order of the queue. */
	int (*complete)(void *arg, struct backlog_file *file, struct shale_error *err);
	void *arg;
};

struct backlog;

/* Makes a queue that calls WORK, which stays the caller's, for its files. Returns NULL without
 * memory. */
struct backlog *backlog_new(const struct backlog_work *work);
/* Frees the queue without completing the files in it. */
void backlog_free(struct backlog *backlog);

/* Returns a place for the next file. The place belongs to the caller until backlog_put. */
struct backlog_file *backlog_room(struct backlog *backlog);
/* Queues the file in the place that backlog_room returned, with its descriptor. */
void backlog_put(struct backlog *backlog);

/* Tells whether a file could not be completed. After such a failure no later file is completed. */
bool backlog_failed(const struct backlog *backlog);
/* Waits until all files are complete. Returns the first error, with the entry's name in the
 * words. */
int backlog_finish(struct backlog *backlog, struct shale_error *err);

static inline void cleanup_backlog(struct backlog **backlog)
{
	backlog_free(*backlog);
}
#define auto_backlog __attribute__((cleanup(cleanup_backlog)))
