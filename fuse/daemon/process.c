/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/process.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define STACK        ((rlim_t)8 << 20) /* bytes: the smallest stack limit, which the first thread has */
#define THREAD_STACK ((size_t)2 << 20)
/* Bytes of address space for each thread: stack, buffer, and more. */
#define THREAD_SPACE ((rlim_t)4 << 20)

extern char **environ;

static bool read_number(const char *path, long long *ret)
{
	auto_fclose FILE *file = fopen(path, "re");

	return file && fscanf(file, "%lld", ret) == 1;
}

/* Raises a limit of the process to MOST, or as far as the system allows. */
static void lift(__rlimit_resource_t what, rlim_t most)
{
	struct rlimit limit;

	if (getrlimit(what, &limit) < 0)
		return;
	if (most > limit.rlim_max &&
		setrlimit(what, &(struct rlimit){ .rlim_cur = most, .rlim_max = most }) == 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(what, &limit);
}

static void own_limits(void)
{
	static const __rlimit_resource_t lifted[] = { RLIMIT_AS, RLIMIT_CPU, RLIMIT_DATA,
		RLIMIT_FSIZE, RLIMIT_LOCKS, RLIMIT_NPROC, RLIMIT_RSS };
	struct rlimit stack;
	long long files = 0;

	for (size_t i = 0; i < sizeof(lifted) / sizeof(*lifted); i++)
		lift(lifted[i], RLIM_INFINITY);
	if (read_number("/proc/sys/fs/nr_open", &files) && files > 0)
		lift(RLIMIT_NOFILE, (rlim_t)files);
	else
		lift(RLIMIT_NOFILE, 0);
	if (getrlimit(RLIMIT_STACK, &stack) == 0 && stack.rlim_cur < STACK)
		lift(RLIMIT_STACK, STACK);
}

/* Sets the stack size of new threads. Otherwise it would be the limit of the first thread's stack,
 * which the caller of the program has chosen. */
static void own_stacks(void)
{
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, THREAD_STACK);
#ifdef __GLIBC__
	(void)pthread_setattr_default_np(&attributes);
#endif
	pthread_attr_destroy(&attributes);
}

/* If address space is limited, lets all threads share one heap (M_ARENA_MAX): otherwise each thread
 * reserves 64 MiB at its first allocation. */
static void own_arenas(void)
{
	struct rlimit space;

	if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY)
		(void)mallopt(M_ARENA_MAX, 1);
}

/* Gives each signal its default action. The caller may have ignored it, and an ignored signal never
 * becomes pending, so no thread could wait for it. */
static void own_signals(void)
{
	static const int ignored[] = { SIGPIPE, SIGXFSZ, SIGXCPU };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Clears the environment: it may hold a password, which /proc would show as long as the mount
 * lives. Keeps PATH, where fusermount3 is found. */
static void own_environment(void)
{
	const char *inherited = getenv("PATH");
	auto_free char *path = inherited ? strdup(inherited) : NULL;

	for (char **p = environ; p && *p; p++)
		memset(*p, 0, strlen(*p));
	clearenv();
	if (path)
		setenv("PATH", path, 1);
}

static bool write_number(const char *path, int number)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", number);
	auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, (size_t)n) == n;
}

/* Protects the daemon from the OOM killer: without the daemon, all processes in its mount get
 * errors. */

static void own_oom_score(void)
{
	enum { PROTECTED = -500 };
	const char *path = "/proc/self/oom_score_adj";
	long long now;

	if (!read_number(path, &now) || now <= PROTECTED || write_number(path, PROTECTED))
		return;
	if (now > 0)
		(void)write_number(path, 0);
}

void process_yield(void)
{
	enum { MORE = 100, MOST = 1000 };
	const char *path = "/proc/self/oom_score_adj";
	long long now;

	if (read_number(path, &now))
		(void)write_number(path, (int)(now + MORE < MOST ? now + MORE : MOST));
}

unsigned int process_most_threads(void)
{
	struct rlimit space;

	if (getrlimit(RLIMIT_AS, &space) < 0 || space.rlim_cur == RLIM_INFINITY)
		return UINT_MAX;
	rlim_t most = space.rlim_cur / 4 / THREAD_SPACE;
	return most < UINT_MAX ? (unsigned int)most : UINT_MAX;
}

pid_t process_clone(void)
{
	unsigned long flags = CLONE_FILES | CLONE_FS | SIGCHLD;

#ifdef __s390__
	return (pid_t)syscall(SYS_clone, 0UL, flags, NULL, NULL, 0UL);
#else
	return (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
#endif
}

void process_widen(size_t n_layers)
{
	enum { AT_FIRST = 1023 };
	size_t most = n_layers + AT_FIRST / 2;
	auto_close int fd = open("/", O_PATH | O_CLOEXEC);
	int high = fcntl(fd, F_DUPFD_CLOEXEC, most > AT_FIRST ? (int)most : AT_FIRST);

	cleanup_close(&high);
}

unsigned long process_own(void)
{
	struct rlimit work;

	own_limits();
	own_stacks();
	own_arenas();
	own_signals();
	own_environment();
	own_oom_score();
	umask(0);
	if (getrlimit(RLIMIT_CPU, &work) < 0 || work.rlim_max == RLIM_INFINITY)
		return 0;
	return work.rlim_max;
}
