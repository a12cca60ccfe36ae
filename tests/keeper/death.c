/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/keeper/death.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_THREADS  32
#define MOST_CALLS    150  /* let at most so many system calls pass; each stops the thread twice */
#define MOST_STEPS    4000 /* let at most so many instructions pass */
#define TIME_TO_TRACE 400000 /* us: a worker that does nothing in this time is killed at once */
#define CALL_STOP     (SIGTRAP | 0x80)

struct plan {
	pid_t worker;
	uint32_t calls, steps;
};

static void stop_waiting(int signal)
{
}

/* Attaches to all threads. Returns how many there are. */
static int seize(pid_t worker)
{
	char path[64];
	struct dirent *entry;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", worker);
	DIR *dir = opendir(path);
	while (dir && n < MOST_THREADS && (entry = readdir(dir))) {
		pid_t thread = atoi(entry->d_name);
		if (thread <= 0 || ptrace(PTRACE_SEIZE, thread, NULL,
					   PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) < 0)
			continue;
		n++;
		ptrace(PTRACE_INTERRUPT, thread, NULL, NULL);
	}
	if (dir)
		closedir(dir);
	return n;
}

/* Returns the signal that stopped the thread and must be passed on to it; 0: none. */
static long pending_signal(int status)
{
	bool event = status >> 16 || WSTOPSIG(status) == SIGTRAP || WSTOPSIG(status) == CALL_STOP;

	return event ? 0 : WSTOPSIG(status);
}

/* Lets the threads run from system call to system call. Returns the thread that has made the last
 * one; 0: it took too long. */
static pid_t pass_calls(uint32_t calls)
{
	int status;
	pid_t thread;

	while ((thread = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status))
			continue;
		if (WSTOPSIG(status) == CALL_STOP && calls-- == 0)
			return thread;
		ptrace(PTRACE_SYSCALL, thread, NULL, pending_signal(status));
	}
	return 0;
}

/* Returns whether the thread has made all steps before the time was over. */
static bool step(pid_t thread, uint32_t steps)
{
	int status;
	long number = 0;

	for (; steps; steps--) {
		if (ptrace(PTRACE_SINGLESTEP, thread, NULL, number) < 0 ||
			waitpid(thread, &status, __WALL) != thread || !WIFSTOPPED(status))
			return false;
		number = pending_signal(status);
	}
	return true;
}

/* Traces the worker, and kills it. The process that traces it must wait for each thread: before,
 * the keeper does not learn of the death. */
static enum death trace(const struct plan *plan)
{
	const struct sigaction over = { .sa_handler = stop_waiting };
	const struct itimerval time = { .it_value.tv_usec = TIME_TO_TRACE,
		.it_interval.tv_usec = TIME_TO_TRACE };
	enum death death = DEATH_AT_A_MOMENT;

	sigaction(SIGALRM, &over, NULL);
	setitimer(ITIMER_REAL, &time, NULL);
	pid_t thread = seize(plan->worker) ? pass_calls(plan->calls) : 0;
	if (thread)
		death = plan->steps && step(thread, plan->steps) ? DEATH_AT_AN_INSTRUCTION
								 : DEATH_AT_A_CALL;
	kill(plan->worker, SIGKILL);
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	return death;
}

enum death death_bring(struct rng *rng, pid_t worker)
{
	const struct plan plan = { .worker = worker,
		.calls = (uint32_t)rng_below(rng, 2 * MOST_CALLS),
		.steps = rng_chance(rng, 50) ? 0 : 1 + (uint32_t)rng_below(rng, MOST_STEPS) };
	int status;

	usleep((useconds_t)rng_below(rng, rng_chance(rng, 50) ? 3000 : 60000));
	pid_t tracer = rng_chance(rng, 33) ? -1 : fork();
	if (tracer == 0)
		_exit(trace(&plan));
	if (tracer < 0) {
		kill(worker, SIGKILL);
		return DEATH_AT_A_MOMENT;
	}
	if (waitpid(tracer, &status, 0) != tracer || !WIFEXITED(status))
		return DEATH_AT_A_MOMENT;
	return (enum death)WEXITSTATUS(status);
}
