/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/stats.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/thread.h"
#include "fuse/daemon/operations.h"
#include "fuse/merge/descriptors/limits.h"
#include "fuse/merge/state.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static atomic_uint_least64_t requests[MOST_OPCODES];
/* how many waits awake ended [0] in vain, [1] with a request */
static atomic_uint_least64_t waits[2];

struct stats {
	struct fs *fs;
	int dir; /* directory of the statistics file; -1: write to standard error */
	char name[NAME_MAX + 1];
	pthread_t thread;
	atomic_bool stopping;
};

void stats_count(uint32_t opcode)
{
	atomic_fetch_add_explicit(
		&requests[opcode < MOST_OPCODES ? opcode : 0], 1, memory_order_relaxed);
}

void stats_count_wait(bool paid)
{
	atomic_fetch_add_explicit(&waits[paid], 1, memory_order_relaxed);
}

static void print(FILE *to, const char *name, uint64_t number)
{
	fprintf(to, "%s %llu\n", name, (unsigned long long)number);
}

static void print_requests(FILE *to)
{
	char name[32];

	for (uint32_t i = 0; i < MOST_OPCODES; i++) {
		uint64_t n = atomic_load_explicit(&requests[i], memory_order_relaxed);
		const char *known = operation_name(i);
		if (known)
			snprintf(name, sizeof(name), "request_%s", known);
		else
			snprintf(name, sizeof(name), "request_%u", i);
		if (n)
			print(to, name, n);
	}
}

static uint64_t microseconds(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000 + (uint64_t)time->tv_usec;
}

/* Prints how often the worker was replaced. Without a keeper it never was. */
static void print_replaced(FILE *to, const struct kept_state *kept)
{
	print(to, "worker_deaths", kept ? kept->deaths : 0);
	print(to, "worker_last_signal", kept ? (uint64_t)kept->last_signal : 0);
	print(to, "worker_upgrades", kept ? kept->upgrades : 0);
	print(to, "upgrades_refused", kept ? kept->refused : 0);
}

static void print_all(FILE *to, struct fs *fs)
{
	struct rusage usage = { 0 };

	pthread_mutex_lock(&fs->table.lock);
	uint32_t nodes = fs->table.nodes.in_use, reals = fs->table.reals.in_use;
	pthread_mutex_unlock(&fs->table.lock);
	getrusage(RUSAGE_SELF, &usage);
	print_requests(to);
	print(to, "waits_that_paid", waits[true]);
	print(to, "waits_in_vain", waits[false]);
	print(to, "copied_up_files", fs->copied_files);
	print(to, "copied_up_bytes", fs->copied_bytes);
	print_replaced(to, fs->kept);
	print(to, "nodes", nodes);
	print(to, "real_directories", reals);
	print(to, "descriptors", descriptors_count());
	print(to, "peak_memory_kib", (uint64_t)usage.ru_maxrss);
	print(to, "user_us", microseconds(&usage.ru_utime));
	print(to, "system_us", microseconds(&usage.ru_stime));
}

void stats_write(struct fs *fs, char *ret, size_t size)
{
	memset(ret, 0, size);
	FILE *to = fmemopen(ret, size - 1, "w");

	if (!to)
		return;
	print_all(to, fs);
	fclose(to);
}

static int write_file(struct stats *stats)
{
	char new[NAME_MAX + 8];

	snprintf(new, sizeof(new), "%s.new", stats->name);
	(void)unlinkat(stats->dir, new, 0);
	int fd = sys(openat(
		stats->dir, new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
	if (fd < 0)
		return fd;
	FILE *to = fdopen(fd, "w");
	if (!to) {
		close(fd);
		return -ENOMEM;
	}
	print_all(to, stats->fs);
	if (fclose(to) != 0)
		return -errno;
	return sys(renameat(stats->dir, new, stats->dir, stats->name));
}

static void write_out(struct stats *stats)
{
	int r = 0;

	if (stats->dir < 0) {
		print_all(stderr, stats->fs);
		fflush(stderr);
	} else {
		r = write_file(stats);
	}
	if (r < 0)
		fprintf(stderr, "shale-fuse: write statistics to '%s': %s\n", stats->name,
			strerror(-r));
}

static void *wait_for_signals(void *arg)
{
	struct stats *stats = arg;
	sigset_t set;
	int signal;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	while (sigwait(&set, &signal) == 0 && !atomic_load(&stats->stopping))
		write_out(stats);
	return NULL;
}

/* Opens the directory of the file now: PATH may be relative, and the daemon leaves its working
 * directory later. */
static int open_place(struct stats *stats, const char *path, struct shale_error *err)
{
	const char *slash = strrchr(path, '/');
	auto_free char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	const char *name = slash ? slash + 1 : path;
	struct stat st;

	if (!dir)
		return error_fail(err, -ENOMEM, "remember '%s'", path);
	if (!*name || strlen(name) > NAME_MAX - 4)
		return error_fail_plain(err, -EINVAL, "statistics to '%s': not a name", path);
	stats->dir = sys(open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (stats->dir < 0)
		return error_fail(err, stats->dir, "statistics to '%s'", path);
	/* Refuse a file that is not regular: the rename at the end would replace, for example, a
	 * device. */
	if (fstatat(stats->dir, name, &st, 0) == 0 && !S_ISREG(st.st_mode))
		return error_fail_plain(err, -EINVAL, "statistics to '%s': not a file", path);
	strcpy(stats->name, name);
	return 0;
}

static void free_stats(struct stats *stats)
{
	cleanup_close(&stats->dir);
	free(stats);
}

int stats_start(struct fs *fs, const char *path, struct stats **ret, struct shale_error *err)
{
	struct stats *stats = calloc(1, sizeof(*stats));
	sigset_t set;

	if (!stats)
		return error_fail(err, -ENOMEM, "keep statistics");
	stats->fs = fs;
	stats->dir = -1;
	int r = path ? open_place(stats, path, err) : 0;
	if (r == 0) {
		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		pthread_sigmask(SIG_BLOCK, &set, NULL);
		r = thread_start(&stats->thread, wait_for_signals, stats);
		if (r < 0)
			error_fail(err, r, "start the thread that writes statistics");
	}
	if (r < 0) {
		free_stats(stats);
		return r;
	}
	*ret = stats;
	return 0;
}

void stats_stop(struct stats *stats)
{
	if (!stats)
		return;
	atomic_store(&stats->stopping, true);
	pthread_kill(stats->thread, SIGUSR1);
	pthread_join(stats->thread, NULL);
	if (stats->dir >= 0)
		write_out(stats);
	free_stats(stats);
}
