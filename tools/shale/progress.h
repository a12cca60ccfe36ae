/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Progress of long work on a terminal: one line on standard error, which is gone at the end. */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "common/shale.h"

/* For the library's options: NULL where standard error is no terminal. */
shale_progress_fn *progress_or_null(void);
/* Removes the line. */
void progress_clear(void);

/* Shows how far FD, a regular file that somebody else is reading, has been read. */
struct progress_of_file {
	const char *what;
	int fd;
	int stop[2]; /* a pipe: closing it ends the thread */
	pthread_t thread;
	bool running;
};
void progress_of_file_begin(struct progress_of_file *progress, const char *what, int fd);
void progress_of_file_end(struct progress_of_file *progress);
