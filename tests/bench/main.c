/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bench-work: does the pieces of work of a session in a directory, and prints what each has
 * cost. */
#include "common/base/scope.h"
#include "tests/bench/measure.h"
#include "tests/bench/tree.h"
#include "tests/bench/work.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

static const struct work *const tables[] = { works_of_names, works_of_changes, works_of_data,
	works_of_programs };

static int usage(void)
{
	fputs("usage: bench-work [-p PID [-s STATS]] [-f FILES] [-S PERCENT] [-t TAR] [-d DEBS] "
	      "SESSION "
	      "DIR\n"
	      "       bench-work [-p PID] --time NAME COMMAND...\n"
	      "       bench-work --tree DIR FILES LAYERS\n"
	      "       bench-work --list\n"
	      "\n"
	      "Prints a line a work: name, operations, ns on the wall, ns of the client's and of "
	      "the\n"
	      "daemon's processor time, and the requests that process PID was sent.\n",
		stderr);
	return 2;
}

static void list(void)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(*tables); t++)
		for (const struct work *work = tables[t]; work->name; work++)
			printf("%s\t%s\t%s\n", work->session, work->name, work->summary);
}

/* A piece of work that fails is reported, and the session goes on: some filesystems cannot do
 * everything. */
static bool measure(const struct probe *probe, const struct job *job, const struct work *work)
{
	struct reading before, after;
	int prepared = work->prepare ? work->prepare(job) : 0;

	if (prepared < 0) {
		fprintf(stderr, "bench-work: prepare %s: %s\n", work->name, strerror(-prepared));
		return false;
	}
	measure_begin(probe, &before);
	long ops = work->run(job);
	measure_end(probe, &after);
	if (ops <= 0) {
		fprintf(stderr, "bench-work: %s: %s\n", work->name, strerror((int)-ops));
		free(before.stats);
		free(after.stats);
		return false;
	}
	measure_print(work->name, (uint64_t)ops, &before, &after);
	return true;
}

static int run_session(const struct probe *probe, struct job *job, const char *session)
{
	bool failed = false, found = false;

	job->dir = sys(open(job->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (job->dir < 0) {
		fprintf(stderr, "bench-work: open '%s': %s\n", job->path, strerror(-job->dir));
		return EXIT_FAILURE;
	}
	for (size_t t = 0; t < sizeof(tables) / sizeof(*tables); t++)
		for (const struct work *work = tables[t]; work->name; work++)
			if (!strcmp(work->session, session)) {
				found = true;
				failed |= !measure(probe, job, work);
			}
	close(job->dir);
	return found ? failed : usage();
}

static int time_command(const struct probe *probe, const char *name, char **argv)
{
	struct reading before, after;
	int status = 0;

	measure_begin(probe, &before);
	pid_t child = fork();
	if (child == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		status = -1;
	measure_end(probe, &after);
	if (status) {
		fprintf(stderr, "bench-work: %s failed\n", argv[0]);
		return EXIT_FAILURE;
	}
	measure_print(name, 1, &before, &after);
	return EXIT_SUCCESS;
}

static int make_tree(char **argv)
{
	int r = tree_make(argv[0], (uint32_t)atol(argv[1]), (uint32_t)atol(argv[2]));

	if (r < 0)
		fprintf(stderr, "bench-work: make a tree in '%s': %s\n", argv[0], strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "list", no_argument, NULL, 'l' },
		{ "tree", no_argument, NULL, 'T' }, { "time", required_argument, NULL, 'c' },
		{ 0 } };
	struct probe probe = { 0 };
	struct job job = { .files = 30000, .scale = 100 };
	const char *timed = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "+p:s:f:S:t:d:", options, NULL)) != -1)
		switch (c) {
		case 'p':
			probe.daemon = (pid_t)atol(optarg);
			break;
		case 's':
			probe.stats = optarg;
			break;
		case 'f':
			job.files = (uint32_t)atol(optarg);
			break;
		case 'S':
			job.scale = (uint32_t)atol(optarg);
			break;
		case 't':
			job.tar = optarg;
			break;
		case 'd':
			job.packages = optarg;
			break;
		case 'l':
			list();
			return EXIT_SUCCESS;
		case 'T':
			return argc - optind == 3 ? make_tree(argv + optind) : usage();
		case 'c':
			timed = optarg;
			break;
		default:
			return usage();
		}
	if (timed)
		return argc > optind ? time_command(&probe, timed, argv + optind) : usage();
	if (argc - optind != 2)
		return usage();
	job.path = argv[optind + 1];
	return run_session(&probe, &job, argv[optind]);
}
