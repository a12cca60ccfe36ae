/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/progress.h"

#include "common/base/scope.h"
#include "tools/quote.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_MS 100

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void show(const char *what, uint64_t done, uint64_t total)
{
	double mb = (double)done / 1e6;
	auto_free char *quoted = text_quoted(what, false);

	what = quoted ? quoted : "";
	if (total)
		fprintf(stderr, "\r\033[K%.40s  %.1f of %.1f MB  %.0f%%", what, mb,
			(double)total / 1e6, 100.0 * (double)done / (double)total);
	else
		fprintf(stderr, "\r\033[K%.40s  %.1f MB", what, mb);
	fflush(stderr);
}

static void show_sometimes(const char *what, uint64_t done, uint64_t total, void *arg)
{
	static int64_t last;
	int64_t now = now_ms();

	if (now - last < INTERVAL_MS)
		return;
	last = now;
	show(what, done, total);
}

shale_progress_fn *progress_or_null(void)
{
	return isatty(STDERR_FILENO) ? show_sometimes : NULL;
}

void progress_clear(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static void *watch(void *arg)
{
	struct progress_of_file *progress = arg;
	struct pollfd stop = { .fd = progress->stop[0], .events = POLLIN };
	struct stat st;

	if (fstat(progress->fd, &st) < 0)
		return NULL;
	while (poll(&stop, 1, INTERVAL_MS) == 0)
		show(progress->what, (uint64_t)lseek(progress->fd, 0, SEEK_CUR),
			(uint64_t)st.st_size);
	return NULL;
}

void progress_of_file_begin(struct progress_of_file *progress, const char *what, int fd)
{
	struct stat st;

	*progress = (struct progress_of_file){ .what = what, .fd = fd };
	if (!isatty(STDERR_FILENO) || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
		pipe2(progress->stop, O_CLOEXEC) < 0)
		return;
	progress->running = pthread_create(&progress->thread, NULL, watch, progress) == 0;
	if (!progress->running) {
		close(progress->stop[0]);
		close(progress->stop[1]);
	}
}

void progress_of_file_end(struct progress_of_file *progress)
{
	if (!progress->running)
		return;
	close(progress->stop[1]);
	pthread_join(progress->thread, NULL);
	close(progress->stop[0]);
	progress_clear();
}
