/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* differential: does the same random operations on a kernel overlay mount and on a FUSE mount, and
 * compares all results. */
#include "tests/differential/allowed.h"
#include "tests/differential/replay.h"
#include "tests/differential/round.h"
#include "tests/differential/sandbox.h"
#include "tests/differential/script.h"
#include "tests/differential/shrink.h"

#include "common/base/scope.h"

#include <getopt.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

struct settings {
	struct round_options round;
	uint64_t seed;
	unsigned rounds, shrink_seconds;
	bool keep_going, quiet;
	const char *save; /* directory in which scripts of failing seeds are saved */
	char program[PATH_MAX];
};

static const char help[] =
	"usage: differential [OPTION]...\n"
	"  --seed N            the first seed [1]\n"
	"  --rounds N          how many seeds [1]\n"
	"  --ops N             operations a round [60 to 120]\n"
	"  --fuse-program PATH the program to compare with the kernel [$SHALE_FUSE]\n"
	"  --fuse-options O    more mount options for it\n"
	"  --both kernel|fuse  compare a backend with itself\n"
	"  --userns            all of it inside a user namespace, with user. xattrs\n"
	"  --plain             as a user without capabilities, as whom the kernel mounts, too\n"
	"  --tmpfile           O_TMPFILE among the operations\n"
	"  --restack           now and then, upper becomes the topmost lower layer\n"
	"  --options O         more mount options for both\n"
	"  --dir DIR           work on DIR's filesystem, not in a tmpfs\n"
	"  --timeout S         a round that takes longer hangs [60]\n"
	"  --shrink S          how long to make a failing seed smaller [120]; 0: not\n"
	"  --save DIR          write the scripts of failing seeds there, not to stdout\n"
	"  --keep-going        do not stop at the first failing seed\n"
	"  --allowed           print what may differ, and why\n"
	"Also: differential op|tree|file, for the scripts that it prints.\n";

static int print_allowed(void)
{
	for (size_t i = 0; i < sizeof(allowed_differences) / sizeof(*allowed_differences); i++)
		printf("%s\n  test: %s\n  why:  %s\n", allowed_differences[i].what,
			allowed_differences[i].how, allowed_differences[i].why);
	return 0;
}

enum {
	SEED = 1,
	ROUNDS,
	OPS,
	PROGRAM,
	OPTIONS,
	BOTH,
	USERNS,
	PLAIN,
	TMPFILE,
	RESTACK,
	MOUNT_OPTIONS,
	DIR_,
	TIMEOUT,
	SHRINK,
	SAVE,
	KEEP_GOING,
	ALLOWED,
	HELP
};

static const struct option options[] = {
	{ "seed", required_argument, NULL, SEED },
	{ "rounds", required_argument, NULL, ROUNDS },
	{ "ops", required_argument, NULL, OPS },
	{ "fuse-program", required_argument, NULL, PROGRAM },
	{ "fuse-options", required_argument, NULL, OPTIONS },
	{ "both", required_argument, NULL, BOTH },
	{ "userns", no_argument, NULL, USERNS },
	{ "plain", no_argument, NULL, PLAIN },
	{ "tmpfile", no_argument, NULL, TMPFILE },
	{ "restack", no_argument, NULL, RESTACK },
	{ "options", required_argument, NULL, MOUNT_OPTIONS },
	{ "dir", required_argument, NULL, DIR_ },
	{ "timeout", required_argument, NULL, TIMEOUT },
	{ "shrink", required_argument, NULL, SHRINK },
	{ "save", required_argument, NULL, SAVE },
	{ "keep-going", no_argument, NULL, KEEP_GOING },
	{ "allowed", no_argument, NULL, ALLOWED },
	{ "help", no_argument, NULL, HELP },
	{ 0 },
};

static void set_number(struct settings *s, int option, unsigned long value)
{
	if (option == SEED)
		s->seed = value;
	else if (option == ROUNDS)
		s->rounds = (unsigned)value;
	else if (option == OPS)
		s->round.n_ops = value;
	else if (option == TIMEOUT)
		s->round.timeout = (unsigned)value;
	else if (option == SHRINK)
		s->shrink_seconds = (unsigned)value;
}

static bool set_text(struct settings *s, int option, const char *value)
{
	if (option == PROGRAM)
		return realpath(value, s->program);
	if (option == OPTIONS)
		s->round.mount.fuse_options = value;
	if (option == MOUNT_OPTIONS)
		s->round.mount.options = value;
	if (option == DIR_)
		s->round.scratch = value;
	if (option == SAVE)
		s->save = value;
	if (option != BOTH)
		return true;
	s->round.backends[0] = s->round.backends[1] = !strcmp(value, "fuse") ? BACKEND_FUSE
									     : BACKEND_KERNEL;
	return !strcmp(value, "fuse") || !strcmp(value, "kernel");
}

static bool set_option(struct settings *s, int option)
{
	switch (option) {
	case USERNS:
		s->round.mount.userns = true;
		return true;
	case PLAIN:
		s->round.mount.userns = s->round.mount.plain = s->round.one_id = true;
		return true;
	case TMPFILE:
		s->round.tmpfile = true;
		return true;
	case RESTACK:
		s->round.restack = true;
		return true;
	case KEEP_GOING:
		s->keep_going = true;
		return true;
	case SEED:
	case ROUNDS:
	case OPS:
	case TIMEOUT:
	case SHRINK:
		set_number(s, option, strtoul(optarg, NULL, 0));
		return true;
	case PROGRAM:
	case OPTIONS:
	case MOUNT_OPTIONS:
	case DIR_:
	case SAVE:
	case BOTH:
		return set_text(s, option, optarg);
	default:
		return false;
	}
}

/* Reads the command line, and fills in defaults. Returns -1 to go on, or an exit status. */
static int read_options(int argc, char **argv, struct settings *s)
{
	int option;
	const char *program = getenv("SHALE_FUSE");

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == ALLOWED)
			return print_allowed();
		if (option == HELP)
			return fputs(help, stdout) < 0;
		if (set_option(s, option))
			continue;
		fputs(help, stderr);
		return 2;
	}
	bool fuse = s->round.backends[1] == BACKEND_FUSE;
	if (fuse && !*s->program && !realpath(program ? program : "./shale-fuse", s->program)) {
		fputs("differential: no FUSE program: --fuse-program PATH says where\n", stderr);
		return 2;
	}
	s->round.mount.fuse_program = s->program;
	s->round.on_disk = s->round.scratch != NULL;
	s->round.one_id |= s->round.mount.userns && geteuid() != 0;
	return -1;
}

static void print_script(
	const struct settings *s, const struct plan *plan, const char *headline, const char *report)
{
	char path[PATH_MAX];
	FILE *out = stdout;

	if (s->save) {
		snprintf(path, sizeof(path), "%s/seed-%llu.sh", s->save,
			(unsigned long long)plan->seed);
		out = fopen(path, "we");
		if (!out) {
			perror(path);
			return;
		}
	}
	fprintf(stdout, "  smallest form: %zu operations, %zu entries in the layers\n%s",
		plan->n_ops, plan->stack.n_entries, report);
	if (s->save)
		fprintf(stdout, "  script: %s\n", path);
	else
		fputs("---- script ----\n", stdout);
	script_print(plan, &s->round, headline, out);
	if (s->save)
		fclose(out);
	else
		fputs("---- end ----\n", stdout);
}

static int run_seed(const struct settings *s, uint64_t seed)
{
	struct plan plan;
	char *report = NULL;

	plan_generate(seed, &s->round, &plan);
	int r = round_run(&plan, &s->round, &report);
	if (r != ROUND_SAME) {
		const char *headline = round_result_name(r);

		printf("seed %llu: %s\n%s", (unsigned long long)seed, headline, report);
		fflush(stdout);
		if (s->shrink_seconds && r != SANDBOX_REFUSED) {
			shrink(&plan, &s->round, r, s->shrink_seconds, &report);
			print_script(s, &plan, headline, report);
		}
	}
	free(report);
	plan_free(&plan);
	fflush(stdout);
	return r;
}

static int run_all(const struct settings *s)
{
	unsigned failed = 0, run = 0;

	while (run < s->rounds) {
		int r = run_seed(s, s->seed + run++);

		failed += r != ROUND_SAME;
		if (r == SANDBOX_REFUSED)
			return 77;
		if (failed && !s->keep_going)
			break;
	}
	printf("%u rounds, seeds %llu to %llu: %u failed\n", run, (unsigned long long)s->seed,
		(unsigned long long)(s->seed + run - 1), failed);
	return failed != 0;
}

int main(int argc, char **argv)
{
	struct settings settings = {
		.round = { .backends = { BACKEND_KERNEL, BACKEND_FUSE }, .timeout = 60 },
		.seed = 1,
		.rounds = 1,
		.shrink_seconds = 120,
	};
	char scratch[] = "/tmp/differential.XXXXXX", real[PATH_MAX];
	int r = replay(argc, argv);

	if (r >= 0)
		return r;
	r = read_options(argc, argv, &settings);
	if (r >= 0)
		return r;
	if (!settings.round.scratch && (!mkdtemp(scratch) || chmod(scratch, 0755) < 0)) {
		perror(scratch);
		return 1;
	}
	if (!realpath(settings.round.scratch ? settings.round.scratch : scratch, real)) {
		perror("--dir");
		return 2;
	}
	settings.round.scratch = real;
	r = run_all(&settings);
	if (!settings.round.on_disk)
		rmdir(scratch);
	return r;
}
