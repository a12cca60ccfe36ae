/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/progress_line.h"

#include "common/base/scope.h"
#include "tools/quote.h"

#include <stdio.h>
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

static int show_sometimes(const char *what, uint64_t done, uint64_t total, void *arg)
{
	static int64_t last;
	int64_t now = now_ms();

	if (now - last >= INTERVAL_MS) {
		last = now;
		show(what, done, total);
	}
	return 0;
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
