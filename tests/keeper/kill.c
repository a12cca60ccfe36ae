/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kills the worker of a mount again and again while clients work there. Each client does the same
 * random operations in its directory of the mount and of another tree, and compares every result
 * and every byte.
 * usage: kill KEEPER MOUNTED OTHER CLIENTS DEATHS SEED [no-links]
 * KEEPER 0: kills nothing. no-links: the clients make no hard links. SIGTERM ends it early.
 */
#include "tests/keeper/client.h"
#include "tests/keeper/death.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BURST  4          /* deaths within WINDOW: one more would end the mount */
#define WINDOW 1050000000 /* ns */

struct killer {
	struct rng rng;
	const char *keeper;
	pid_t dead;             /* the last worker that was killed */
	int64_t counted[BURST]; /* when the keeper had counted the last deaths */
	unsigned long ways[DEATHS], n;
};

static volatile sig_atomic_t stopping;

static void stop(int signal)
{
	stopping = 1;
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static pid_t worker_of(const char *keeper)
{
	char path[64];
	int pid = 0;

	snprintf(path, sizeof(path), "/proc/%s/task/%s/children", keeper, keeper);
	FILE *file = fopen(path, "re");
	if (file && fscanf(file, "%d", &pid) != 1)
		pid = 0;
	if (file)
		fclose(file);
	return pid;
}

/* Waits for the worker that takes over from the dead one. On a busy machine the keeper notices a
 * death late. Returns 0 if none comes. */
static pid_t await_worker(const struct killer *killer)
{
	for (int tries = 0; !stopping && tries < CLIENT_PATIENCE * 2000; tries++) {
		pid_t worker = worker_of(killer->keeper);
		if (worker > 0 && worker != killer->dead)
			return worker;
		usleep(500);
	}
	return 0;
}

/* Kills the next worker, but no fifth one within a second. */
static bool kill_next(struct killer *killer)
{
	pid_t worker = await_worker(killer);

	if (!worker)
		return false;
	killer->counted[killer->n % BURST] = now();
	while (now() - killer->counted[(killer->n + 1) % BURST] < WINDOW)
		usleep(1000);
	enum death death = death_bring(&killer->rng, worker);
	killer->ways[death < DEATHS ? death : DEATH_AT_A_MOMENT]++;
	killer->n++;
	killer->dead = worker;
	return true;
}

static bool has_failed(void)
{
	return waitpid(-1, NULL, WNOHANG) > 0;
}

/* Returns 0, or 1 if a client has ended or no worker goes on. */
static int run_killer(struct killer *killer, unsigned long most)
{
	bool kills = atoi(killer->keeper);
	pid_t last;

	while (!stopping && killer->n < most) {
		if (has_failed())
			return 1;
		if (!kills)
			usleep(100000);
		else if (!kill_next(killer))
			break;
	}
	if (!kills || stopping)
		return 0;
	last = await_worker(killer);
	if (!last)
		fputs("no worker goes on\n", stderr);
	return !last;
}

static int end_clients(void)
{
	int status, result = 0;

	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
	while (wait(&status) > 0)
		result |= !WIFEXITED(status) || WEXITSTATUS(status);
	return result;
}

int main(int argc, char **argv)
{
	if (argc != 7 && argc != 8)
		return 2;
	struct killer killer = { .keeper = argv[1] };
	const struct client_place place = { .trees = { argv[2], argv[3] },
		.seed = strtoull(argv[6], NULL, 10),
		.no_links = argc == 8 && !strcmp(argv[7], "no-links") };

	rng_seed(&killer.rng, place.seed + 77777777777u);
	setpgid(0, 0);
	signal(SIGTERM, stop);
	for (int i = 0; i < atoi(argv[4]); i++)
		if (fork() == 0)
			client_begin(&place, i);
	int result = run_killer(&killer, strtoul(argv[5], NULL, 10));
	result |= end_clients();
	printf("%lu deaths: %lu at a moment, %lu at a system call, %lu at an instruction\n",
		killer.n, killer.ways[DEATH_AT_A_MOMENT], killer.ways[DEATH_AT_A_CALL],
		killer.ways[DEATH_AT_AN_INSTRUCTION]);
	return result;
}
