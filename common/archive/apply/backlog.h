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

/* The caller itself writes larger files, and does not queue them: a copy of their data would cost
 * too much. */
#define BACKLOG_DATA ((size_t)64 * 1024)

struct backlog_file {
	char name[304];   /* the entry's name, perhaps cut off, for error texts */
	int fd;           /* who completes the file closes it */
	struct stat made; /* as it was created: its data change neither owner nor mode */
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
	/* Called for one file at a time, in the order in which they were put in. */
	int (*complete)(void *arg, struct backlog_file *file, struct shale_error *err);
	void *arg;
};

struct backlog;

/* WORK stays the caller's. NULL: no memory. */
struct backlog *backlog_new(const struct backlog_work *work);
/* Frees it without completing any more files. */
void backlog_free(struct backlog *backlog);

/* A place for the next file, which belongs to the caller until backlog_put. */
struct backlog_file *backlog_room(struct backlog *backlog);
/* Hands the file in the room, and its FD, over to the backlog. */
void backlog_put(struct backlog *backlog);

/* True if a file could not be completed; then no later one is. */
bool backlog_failed(const struct backlog *backlog);
/* Waits until all files are complete. Returns the first error, with the entry's name in the
 * words. */
int backlog_finish(struct backlog *backlog, struct shale_error *err);

static inline void cleanup_backlog(struct backlog **backlog)
{
	backlog_free(*backlog);
}
#define auto_backlog __attribute__((cleanup(cleanup_backlog)))
