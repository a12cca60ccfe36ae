/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/keeper.h"

#include "common/base/scope.h"
#include "common/base/witness.h"
#include "fuse/daemon/mountpoint.h"
#include "fuse/daemon/process.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

/* After this many deaths within WINDOW the mount ends: another worker would die, too. */
#define MOST_DEATHS  5
#define WINDOW       1000000000 /* ns */
#define MOST_SECONDS 5          /* how long to wait for the children of a dead worker */
/* The worker's name in ps(1); the keeper has the program's name. */
#define WORKER_NAME "shale-worker"

struct state {
	const struct keeper *keeper;
	sigset_t signals;
	pid_t worker;
	bool ending;   /* a signal has asked to end the mount */
	bool upgrades; /* the next worker runs another build of the program */
	int64_t deaths[MOST_DEATHS];
	unsigned int n_deaths;
};

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- the worker ---- */

static void *work(void *arg)
{
	const struct keeper *keeper = arg;
	sigset_t none;

	sigemptyset(&none);
	pthread_sigmask(SIG_SETMASK, &none, NULL);
	return (void *)(intptr_t)keeper->work(keeper->arg);
}

/* Runs the worker's code in the new process. The C library does not know that this is a new
 * process: it takes the first thread for the keeper's. So the first thread only waits, and the work
 * runs in a second thread, which the library has made here. */
static void be_worker(const struct keeper *keeper)
{
	sigset_t all;
	pthread_t thread;
	void *status = (void *)(intptr_t)EXIT_FAILURE;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, WORKER_NAME);
	int r = pthread_create(&thread, NULL, work, (void *)keeper);
	if (r == 0)
		pthread_join(thread, &status);
	else
		fprintf(stderr, "shale-fuse: start the worker: %s\n", strerror(r));
	exit((int)(intptr_t)status);
}

static pid_t start_worker(const struct keeper *keeper)
{
	fflush(NULL);
	pid_t pid = process_clone();
	if (pid == 0)
		be_worker(keeper);
	return pid < 0 ? -errno : pid;
}

/* ---- signals ---- */

static void block_signals(struct state *state)
{
	static const int signals[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1 };

	sigemptyset(&state->signals);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&state->signals, signals[i]);
	sigprocmask(SIG_BLOCK, &state->signals, NULL);
}

/* Begins an upgrade: kills the worker. The worker of the new program completes its requests. */
static void upgrade(struct state *state)
{
	struct kept_state *kept = state->keeper->kept;

	if (!kept->serving)
		return;
	state->upgrades = upgrade_check(&state->keeper->upgrade);
	if (state->upgrades)
		kill(state->worker, SIGKILL);
	else
		kept->refused++;
}

static void take_signal(struct state *state, const siginfo_t *info)
{
	int number = info->si_signo;

	if (number == SIGCHLD)
		return;
	/* A SIGHUP from the kernel means that the terminal is gone. Only one from a process asks
	 * for an upgrade. */
	if (number == SIGHUP && info->si_code != SI_KERNEL) {
		upgrade(state);
		return;
	}
	state->ending |= number != SIGUSR1;
	kill(state->worker, number);
}

static int wait_for_worker(struct state *state)
{
	siginfo_t info;
	int status;

	for (;;) {
		pid_t pid = waitpid(-1, &status, WNOHANG);
		if (pid == state->worker)
			return status;
		if (pid < 0 && errno != EINTR)
			return EXIT_FAILURE << 8;
		/* a process that a dead worker had started */
		if (pid > 0)
			continue;
		if (sigwaitinfo(&state->signals, &info) > 0)
			take_signal(state, &info);
	}
}

/* ---- deaths ---- */

/* Counts a death of the worker. Returns true if the last MOST_DEATHS deaths came within WINDOW. */
static bool count_death(struct state *state)
{
	state->deaths[state->n_deaths++ % MOST_DEATHS] = now();
	int64_t oldest = state->deaths[state->n_deaths % MOST_DEATHS];

	return state->n_deaths >= MOST_DEATHS && now() - oldest < WINDOW;
}

static void note_replaced(const struct kept_state *kept)
{
	const struct witness_replaced replaced = {
		.deaths = kept->deaths, .last_signal = kept->last_signal, .upgrades = kept->upgrades
	};

	witness_note(kept->witness, &replaced);
}

static int give_up(struct state *state, int number, const char *why)
{
	const struct keeper *keeper = state->keeper;

	fprintf(stderr, "shale-fuse: the worker died of signal %d (%s)%s: '%s' is unmounted\n",
		number, strsignal(number), why, keeper->target);
	mountpoint_take_away(keeper->kept->device, keeper->target);
	return EXIT_FAILURE;
}

static void become_next(struct state *state)
{
	struct kept_state *kept = state->keeper->kept;

	state->upgrades = false;
	kept->upgrades++;
	note_replaced(kept);
	upgrade_start(&state->keeper->upgrade);
	kept->upgrades--;
	kept->refused++;
	note_replaced(kept);
}

/* Waits until the children of the dead worker have ended: one may be a fusermount3 that is about to
 * mount. */
static void await_children(void)
{
	const struct timespec most = { .tv_sec = MOST_SECONDS };
	sigset_t ended;

	sigemptyset(&ended);
	sigaddset(&ended, SIGCHLD);
	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);
		if (pid < 0 ||
			(pid == 0 && sigtimedwait(&ended, NULL, &most) < 0 && errno == EAGAIN))
			return;
	}
}

/* The worker died of signal NUMBER before the mount could be used. Undoes the mount, whatever part
 * of it exists. */
static int give_up_start(struct state *state, int number)
{
	const struct keeper *keeper = state->keeper;
	const struct kept_state *kept = keeper->kept;

	fprintf(stderr, "shale-fuse: the daemon died of signal %d\n", number);
	await_children();
	if (kept->device >= 0) {
		mountpoint_take_away(kept->device, keeper->target);
		return EXIT_FAILURE;
	}
	/* The worker may have died after it got the device, and before it noted its descriptor. */
	mountpoint_close_devices();
	mountpoint_take_dead(keeper->target, keeper->before);
	return EXIT_FAILURE;
}

/* The worker died of signal NUMBER. Returns -1 if another worker takes over, else the keeper's exit
 * status. */
static int worker_died(struct state *state, int number)
{
	struct kept_state *kept = state->keeper->kept;

	if (!kept->serving)
		return give_up_start(state, number);
	if (kept->ending || state->ending) {
		mountpoint_take_away(kept->device, state->keeper->target);
		return EXIT_SUCCESS;
	}
	if (state->upgrades) {
		become_next(state);
		return -1;
	}
	if (!kept->resends)
		return give_up(state, number,
			", and this kernel does not send requests again (Linux 6.9 does)");
	if (kept->poor)
		return give_up(state, number, ", and the upper filesystem lacks too much");
	kept->deaths++;
	kept->last_signal = number;
	note_replaced(kept);
	if (count_death(state))
		return give_up(state, number, ", as four others within a second");
	fprintf(stderr, "shale-fuse: the worker died of signal %d (%s): another one goes on\n",
		number, strsignal(number));
	return -1;
}

int keeper_run(const struct keeper *keeper)
{
	struct state state = { .keeper = keeper };
	int result = -1;

	block_signals(&state);
	/* Become the parent of a dead worker's children, to be able to wait for them. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	keeper->kept->keeper = getpid();
	witness_renew(keeper->kept->witness);
	while (result < 0) {
		state.worker = start_worker(keeper);
		if (state.worker < 0) {
			fprintf(stderr, "shale-fuse: start a worker: %s\n",
				strerror(-state.worker));
			mountpoint_take_away(keeper->kept->device, keeper->target);
			return EXIT_FAILURE;
		}
		int status = wait_for_worker(&state);
		result = WIFSIGNALED(status) ? worker_died(&state, WTERMSIG(status))
					     : WEXITSTATUS(status);
	}
	return result;
}
