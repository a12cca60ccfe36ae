/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/run_in_dir.h"

#include "common/base/scope.h"
#include "common/base/thread.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/single_threaded.h>

struct task {
	int dirfd;
	bool private;
	inside_fn *fn;
	void *arg;
	int result;
};

static int leave_namespace(void)
{
	int r = sys(unshare(CLONE_NEWNS));
	if (r < 0)
		return r;
	/* Ignore a failure, which happens in a chroot whose root is no mount point: other processes
	 * then see the mounts of a trial for a moment, which does no harm. */
	(void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	return 0;
}

static void *run(void *arg)
{
	struct task *task = arg;

	task->result = sys(unshare(CLONE_FS));
	if (task->result == 0)
		task->result = sys(fchdir(task->dirfd));
	/* Unshare after fchdir: unshare moves the working directory into the copied mounts, and the
	 * kernel refuses layers that are named through a mount of another namespace. */
	if (task->result == 0 && task->private)
		task->result = leave_namespace();
	if (task->result == 0)
		task->result = task->fn(task->arg);
	return NULL;
}

static int run_on_thread(struct task *task)
{
	pthread_t thread;
	int r = thread_start(&thread, run, task);

	if (r < 0)
		return r;
	pthread_join(thread, NULL);
	return task->result;
}

/* Runs the task in this thread. Blocks signals, so that no signal handler of the program runs in
 * this working directory. */
static int run_and_come_back(struct task *task)
{
	sigset_t all, before;
	auto_close int back = sys(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));

	/* The process may be in a directory that it may not enter again. If it cannot come back,
	 * use a thread. */
	if (back < 0 || fchdir(back) < 0)
		return run_on_thread(task);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int r = sys(fchdir(task->dirfd));
	if (r == 0)
		r = task->fn(task->arg);
	(void)fchdir(back);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

int run_in_dir(int dirfd, inside_fn *fn, void *arg)
{
	struct task task = { .dirfd = dirfd, .fn = fn, .arg = arg };

	return __libc_single_threaded ? run_and_come_back(&task) : run_on_thread(&task);
}

int run_in_dir_private(int dirfd, inside_fn *fn, void *arg)
{
	struct task task = { .dirfd = dirfd, .private = true, .fn = fn, .arg = arg };

	return run_on_thread(&task);
}
