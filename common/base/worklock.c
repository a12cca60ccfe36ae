/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/worklock.h"

#include "common/base/scope.h"
#include "common/base/mountid.h"
#include "common/base/process_stat.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#define HOLDER_END_NS 30000000000 /* ns: how long to wait for a holder that is ending */
#define STEP_MAX_NS   20000000    /* ns: longest pause between two tries */

static int open_dir(int dir, const char *name)
{
	return sys(openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

static int try_lock(int fd, int operation)
{
	int r;

	do
		r = sys(flock(fd, operation | LOCK_NB));
	while (r == -EINTR);
	return r;
}

/* Returns the unique id of the mount of the lock's holder; 0: the holder has not noted an id. */
static uint64_t noted_mount(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return 0;
	return (uint64_t)lock.l_start;
}

int worklock_take(int dir)
{
	auto_close int lock = open_dir(dir, ".");
	int64_t waited = 0;
	int r = lock < 0 ? lock : try_lock(lock, LOCK_EX);

	for (int64_t step = 1000000; r == -EWOULDBLOCK && waited < HOLDER_END_NS; waited += step) {
		uint64_t mount = noted_mount(lock);
		if (mount && mount_life(mount) == LIFE_ALIVE)
			break;
		step = 2 * step < STEP_MAX_NS ? 2 * step : STEP_MAX_NS;
		nanosleep(&(struct timespec){ .tv_nsec = step }, NULL);
		r = try_lock(lock, LOCK_EX);
	}
	if (r < 0)
		return r == -EWOULDBLOCK ? -EBUSY : r;
	return steal_fd(&lock);
}

void worklock_note(int lock, uint64_t unique_id)
{
	struct flock place = {
		.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = (off_t)unique_id, .l_len = 1
	};

	/* Ignore a failure: without the note, other processes only wait longer before they give up.
	 */

	if (lock >= 0 && unique_id)
		(void)fcntl(lock, F_OFD_SETLK, &place);
}

uint64_t worklock_noted(int dir)
{
	auto_close int fd = open_dir(dir, ".");

	return fd < 0 ? 0 : noted_mount(fd);
}

/* Returns the process that holds the flock(2) on DIR; 0: unknown, or in another pid namespace. */
static int holder_of(int dir)
{
	auto_fclose FILE *locks = fopen("/proc/locks", "re");
	unsigned int major, minor;
	unsigned long long ino;
	char line[256];
	struct stat st;
	int pid;

	if (!locks || fstat(dir, &st) < 0)
		return 0;
	while (fgets(line, sizeof(line), locks))
		if (sscanf(line, "%*u: FLOCK ADVISORY WRITE %d %x:%x:%llu", &pid, &major, &minor,
			    &ino) == 4 &&
			pid > 0 && ino == st.st_ino && makedev(major, minor) == st.st_dev)
			return pid;
	return 0;
}

/* Returns the process to kill for the end of the mount, and its name. For a worker that is its
 * parent: the keeper would replace a killed worker. */
static int process_to_end(int pid, char *ret_name, size_t size)
{
	process_name(pid, ret_name, size);
	int parent = strcmp(ret_name, "shale-worker") ? 0 : process_parent(pid);
	char name[32];

	if (parent <= 1)
		return pid;
	process_name(parent, name, sizeof(name));
	if (!strstr(name, "shale-fuse") && !strstr(name, "fuse-overlayfs"))
		return pid;
	snprintf(ret_name, size, "%s", name);
	return parent;
}

void worklock_describe(int dir, char *ret, size_t size)
{
	uint64_t mount = worklock_noted(dir);
	auto_free char *place = mount ? mount_point_of(mount) : NULL;
	int pid = holder_of(dir), n = 0;
	char name[32];

	*ret = 0;
	if (place)
		n = snprintf(ret, size, " at '%s'", place);
	if (pid == 0 || n < 0 || (size_t)n >= size)
		return;
	pid = process_to_end(pid, name, sizeof(name));
	/* The process has ended: the worker that took the lock has died, and another one serves. */
	if (!strcmp(name, "?"))
		return;
	snprintf(ret + n, size - (size_t)n, " (process %d, %s)", pid, name);
}

enum life worklock_life(int dir, const char *name)
{
	auto_close int fd = open_dir(dir, name);
	int r = fd < 0 ? fd : try_lock(fd, LOCK_SH);

	if (r == 0 || r == -ENOENT)
		return LIFE_GONE;
	return r == -EWOULDBLOCK ? LIFE_ALIVE : LIFE_UNKNOWN;
}
