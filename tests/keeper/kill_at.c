/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a command, and kills one of its processes before one of its system calls, which are counted
 * for all its threads together.
 * usage: kill_at PROCESS CALL COMMAND...
 * PROCESS 0 is the command, 1 the first process that is forked, and so on. Exits like the command;
 * with 77 if the process makes fewer calls, or there is none. Goes away when the command has ended;
 * processes that are left go on.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_KILLED   77
#define MOST_THREADS 64
#define CALL_STOP    (SIGTRAP | 0x80)
#define OPTIONS                                                                                    \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC |   \
		PTRACE_O_TRACECLONE)

struct run {
	pid_t command;
	int process, forks;          /* number of the process to kill; processes forked until now */
	pid_t threads[MOST_THREADS]; /* threads of the process to kill, which is the first of them
				      */
	int n_threads;
	long calls;
	bool killed;
};

static pid_t start(char **command)
{
	pid_t pid = fork();

	if (pid == 0) {
		raise(SIGSTOP);
		execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, NULL, WUNTRACED) != pid ||
		ptrace(PTRACE_SEIZE, pid, NULL, OPTIONS) < 0) {
		perror("trace the command");
		exit(2);
	}
	kill(pid, SIGCONT);
	return pid;
}

static void add_thread(struct run *run, pid_t thread)
{
	if (run->n_threads < MOST_THREADS)
		run->threads[run->n_threads++] = thread;
}

static bool is_thread(const struct run *run, pid_t thread)
{
	for (int i = 0; i < run->n_threads; i++)
		if (run->threads[i] == thread)
			return true;
	return false;
}

static void count_call(struct run *run, pid_t thread)
{
	struct __ptrace_syscall_info info;

	if (run->killed || !is_thread(run, thread) ||
		ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), &info) <= 0 ||
		info.op != PTRACE_SYSCALL_INFO_ENTRY || --run->calls > 0)
		return;
	run->killed = true;
	kill(run->threads[0], SIGKILL);
}

static void take_stop(struct run *run, pid_t thread, int status)
{
	int event = status >> 16, number = WSTOPSIG(status);
	unsigned long child = 0;

	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
		event == PTRACE_EVENT_CLONE)
		ptrace(PTRACE_GETEVENTMSG, thread, NULL, &child);
	if (event == PTRACE_EVENT_CLONE && is_thread(run, thread))
		add_thread(run, (pid_t)child);
	if (child && event != PTRACE_EVENT_CLONE && ++run->forks == run->process)
		add_thread(run, (pid_t)child);
	if (number == CALL_STOP)
		count_call(run, thread);
	bool own = event || number == CALL_STOP || number == SIGTRAP;
	ptrace(PTRACE_SYSCALL, thread, NULL, own ? 0L : (long)number);
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc < 4)
		return 2;
	struct run run = { .process = atoi(argv[1]), .calls = atol(argv[2]) };
	run.command = start(argv + 3);
	if (run.process == 0)
		add_thread(&run, run.command);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status))
			take_stop(&run, pid, status);
		else if (pid == run.command)
			break;
	}
	if (!run.killed)
		return NOT_KILLED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
