/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that have their names already and wait for their data, owners and times, which a thread
 * of its own gives them while the caller makes the next ones.
 */
#pragma once

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "common/shale.h"

/* Larger files are not worth a copy of their data. */
#define SHALE_BACKLOG_DATA ((size_t)64 * 1024)

struct shale_backlog_file {
	char name[304]; /* the entry's, perhaps cut off, for the words of an error */
	int fd;         /* who completes the file closes it */
	struct stat want;
	struct timespec times[2];
	size_t size;
	char data[SHALE_BACKLOG_DATA];
};

static inline void shale_backlog_name(struct shale_backlog_file *file, const char *name)
{
	size_t size = strnlen(name, sizeof(file->name) - 1);

	memcpy(file->name, name, size);
	file->name[size] = 0;
}

struct shale_backlog_work {
	/* Called for one file at a time, in the order that they were put in. */
	int (*complete)(void *arg, struct shale_backlog_file *file, struct shale_error *err);
	void *arg;
};

struct shale_backlog;

/* WORK stays the caller's. NULL: no memory. */
struct shale_backlog *shale_backlog_new(const struct shale_backlog_work *work);
/* Completes nothing any more. */
void shale_backlog_free(struct shale_backlog *backlog);

/* Where the next file goes: it is the caller's until it is put in. */
struct shale_backlog_file *shale_backlog_room(struct shale_backlog *backlog);
/* FD and all else of the file in the room are the backlog's from here on. */
void shale_backlog_put(struct shale_backlog *backlog);

/* One of the files could not be completed; those behind it are not any more. */
bool shale_backlog_failed(const struct shale_backlog *backlog);
/* Waits until all are complete. The first failure, with the entry's name in the words. */
int shale_backlog_finish(struct shale_backlog *backlog, struct shale_error *err);

static inline void cleanup_backlog(struct shale_backlog **backlog)
{
	shale_backlog_free(*backlog);
}
#define auto_backlog __attribute__((cleanup(cleanup_backlog)))
