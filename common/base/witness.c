/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/witness.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>

/* Offsets of the bytes that the two locks lock. */
enum { BY_FILE, BY_PROCESS };

#define STEP_MOST 16000000 /* ns: longest pause between two looks at the lock */

static struct flock lock_of(int byte)
{
	return (struct flock){
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1
	};
}

int witness_hold(const char *path)
{
	struct flock by_file = lock_of(BY_FILE), by_process = lock_of(BY_PROCESS);
	auto_close int fd = sys(open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
	int r = fd < 0 ? fd : sys(fcntl(fd, F_OFD_SETLK, &by_file));

	if (r == -EAGAIN || r == -EACCES)
		return -EBUSY;
	/* The kernel drops this second lock as soon as the process closes any other descriptor of
	 * the file. */
	if (r == 0)
		(void)fcntl(fd, F_SETLK, &by_process);
	return r < 0 ? r : steal_fd(&fd);
}

void witness_renew(int fd)
{
	struct flock by_process = lock_of(BY_PROCESS), none = lock_of(BY_PROCESS);

	none.l_type = F_UNLCK;
	if (fd >= 0 && fcntl(fd, F_SETLK, &none) == 0)
		(void)fcntl(fd, F_SETLK, &by_process);
}

/* The text always has the same length, so it replaces all of an earlier text. */
void witness_note(int fd, const struct witness_replaced *replaced)
{
	char text[96];
	int n = snprintf(text, sizeof(text), "deaths %10u upgrades %10u signal %3d\n",
		replaced->deaths, replaced->upgrades, replaced->last_signal);

	if (fd >= 0)
		(void)!pwrite(fd, text, (size_t)n, 0);
}

static int open_witness(int dir, const char *name)
{
	return sys(openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
}

static enum life life_of(int fd)
{
	struct flock lock = lock_of(BY_FILE);

	if (fd < 0 || fcntl(fd, F_OFD_GETLK, &lock) < 0)
		return LIFE_UNKNOWN;
	return lock.l_type == F_UNLCK ? LIFE_GONE : LIFE_ALIVE;
}

/* Returns the pid of the process that holds the lock; 0: no process that this pid namespace shows.
 */

static int holder_of(int fd)
{
	struct flock lock = lock_of(BY_PROCESS);

	if (fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return 0;
	return lock.l_pid > 0 ? lock.l_pid : 0;
}

static int pidfd_of(int fd, int *ret_pid)
{
	int pid = fd < 0 ? 0 : holder_of(fd);
	auto_close int pidfd = pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	/* If this pid still holds the lock, the pidfd is of the right process: the kernel has not
	 * given the pid to another process in between. */

	if (pidfd < 0 || holder_of(fd) != pid)
		return -1;
	if (ret_pid)
		*ret_pid = pid;
	return steal_fd(&pidfd);
}

void witness_add_replaced(int dir, const char *name, struct witness_replaced *sum)
{
	auto_close int fd = open_witness(dir, name);
	struct witness_replaced noted = { 0 };
	char text[96];
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return;
	text[n] = 0;
	if (sscanf(text, "deaths %u upgrades %u signal %d", &noted.deaths, &noted.upgrades,
		    &noted.last_signal) != 3)
		return;
	sum->deaths += noted.deaths;
	sum->upgrades += noted.upgrades;
	if (noted.last_signal)
		sum->last_signal = noted.last_signal;
}

enum life witness_check(int dir, const char *name)
{
	auto_close int fd = open_witness(dir, name);

	return life_of(fd);
}

int witness_pidfd(int dir, const char *name, int *ret_pid)
{
	auto_close int fd = open_witness(dir, name);

	return pidfd_of(fd, ret_pid);
}

enum life witness_wait(int dir, const char *name, int milliseconds)
{
	auto_close int fd = open_witness(dir, name);
	auto_close int pidfd = pidfd_of(fd, NULL);
	struct pollfd end = { .fd = pidfd, .events = POLLIN };
	int64_t left = (int64_t)milliseconds * 1000000;

	/* The kernel closes the files of a process before it reports the end of the process. */
	if (pidfd >= 0 && poll(&end, 1, milliseconds) == 0)
		return life_of(fd);
	for (int64_t step = 100000; left > 0 && life_of(fd) == LIFE_ALIVE; left -= step) {
		step = 2 * step < STEP_MOST ? 2 * step : STEP_MOST;
		nanosleep(&(struct timespec){ .tv_nsec = step }, NULL);
	}
	return life_of(fd);
}
