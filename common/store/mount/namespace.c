/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/mount/namespace.h"

#include "common/base/scope.h"
#include "common/base/process_stat.h"
#include "common/base/readdir.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* PROC_PID_INIT_INO: the inode number of the initial pid namespace. */
#define INITIAL_PIDS 0xeffffffcu

static uint64_t number_of(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, 0) == 0 ? st.st_ino : 0;
}

struct namespace namespace_own(void)
{
	return (struct namespace){ .mounts = number_of(AT_FDCWD, "/proc/self/ns/mnt"),
		.pids = number_of(AT_FDCWD, "/proc/self/ns/pid") };
}

/* Judges an error CODE of reading /proc/PID. ENOENT and ESRCH: the process has ended, so it keeps
 * no namespace. After any other error that is unknown. */
static enum life life_unless_ended(int code)
{
	return code == -ENOENT || code == -ESRCH ? LIFE_GONE : LIFE_UNKNOWN;
}

/* Tells whether one of the descriptors in the directory FD is open on the namespace's file, which
 * keeps the namespace. */
static enum life life_by_descriptors(int pid, const char *link)
{
	auto_close int fd = sys(openat(pid, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_closedir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	char target[64];
	int more;

	if (!dir)
		return life_unless_ended(fd);
	steal_fd(&fd);
	while ((more = dir_next(dir, &entry)) > 0) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = 0;
		if (!strcmp(target, link))
			return LIFE_ALIVE;
	}
	return more < 0 ? life_unless_ended(more) : LIFE_GONE;
}

/* Tells whether the process called NAME in PROC keeps the namespace. */
static enum life life_by_process(int proc, const char *name, uint64_t number)
{
	auto_close int pid = sys(openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC));
	char link[32];
	struct stat st;

	if (pid < 0)
		return life_unless_ended(pid);
	if (fstatat(pid, "ns/mnt", &st, 0) < 0)
		return life_unless_ended(-errno);
	if (st.st_ino == number)
		return LIFE_ALIVE;
	snprintf(link, sizeof(link), "mnt:[%ju]", (uintmax_t)number);
	return life_by_descriptors(pid, link);
}

static bool is_one_of(int pid, const int *except, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (except[i] == pid)
			return true;
	return false;
}

/* Tells whether PID, or its parent, is one of EXCEPT. */
static bool is_excepted(int pid, const int *except, size_t n)
{
	return n && (is_one_of(pid, except, n) || is_one_of(process_parent(pid), except, n));
}

/* Tells whether a bind mount keeps the namespace. LIFE_UNKNOWN: this /proc may hide processes. */
static enum life life_by_mounts(uint64_t number)
{
	auto_fclose FILE *file = fopen("/proc/self/mountinfo", "re");
	auto_free char *line = NULL;
	enum life life = LIFE_GONE;
	size_t size = 0;
	char link[32];

	if (!file)
		return LIFE_UNKNOWN;
	snprintf(link, sizeof(link), " mnt:[%ju] ", (uintmax_t)number);
	while (getline(&line, &size, file) > 0) {
		if (strstr(line, link))
			return LIFE_ALIVE;
		if (strstr(line, " - proc ") &&
			(strstr(line, "hidepid=") || strstr(line, "subset=")))
			life = LIFE_UNKNOWN;
	}
	return ferror(file) ? LIFE_UNKNOWN : life;
}

enum life namespace_life(const struct namespace *namespace, const int *except, size_t n)
{
	uint64_t pids = namespace_own().pids;
	bool sees_all = pids && (pids == INITIAL_PIDS || pids == namespace->pids);
	auto_closedir DIR *proc = opendir("/proc");
	enum life life = life_by_mounts(namespace->mounts);
	struct dirent *entry;
	int more;

	if (!proc || life == LIFE_ALIVE)
		return proc ? life : LIFE_UNKNOWN;
	while ((more = dir_next(proc, &entry)) > 0) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
			is_excepted(atoi(entry->d_name), except, n))
			continue;
		enum life by = life_by_process(dirfd(proc), entry->d_name, namespace->mounts);
		if (by == LIFE_ALIVE)
			return by;
		if (by == LIFE_UNKNOWN)
			life = by;
	}
	return more < 0 || !sees_all ? LIFE_UNKNOWN : life;
}
