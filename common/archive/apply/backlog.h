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

/* Larger files are not worth a copy of their data. */
#define BACKLOG_DATA ((size_t)64 * 1024)

struct backlog_file {
	char name[304]; /* the entry's, perhaps cut off, for the words of an error */
	int fd;         /* who completes the file closes it */
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
	/* Called for one file at a time, in the order that they were put in. */
	int (*complete)(void *arg, struct backlog_file *file, struct shale_error *err);
	void *arg;
};

struct backlog;

/* WORK stays the caller's. NULL: no memory. */
struct backlog *backlog_new(const struct backlog_work *work);
/* Completes nothing any more. */
void backlog_free(struct backlog *backlog);

/* Where the next file goes: it is the caller's until it is put in. */
struct backlog_file *backlog_room(struct backlog *backlog);
/* FD and all else of the file in the room are the backlog's from here on. */
void backlog_put(struct backlog *backlog);

/* One of the files could not be completed; those behind it are not any more. */
bool backlog_failed(const struct backlog *backlog);
/* Waits until all are complete. The first failure, with the entry's name in the words. */
int backlog_finish(struct backlog *backlog, struct shale_error *err);

static inline void cleanup_backlog(struct backlog **backlog)
{
	backlog_free(*backlog);
}
#define auto_backlog __attribute__((cleanup(cleanup_backlog)))
