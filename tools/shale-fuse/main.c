/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* shale-fuse: mounts a stack of directories as one tree through FUSE. */
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/convert_upper.h"
#include "config.h"
#include "fuse/daemon/keeper.h"
#include "fuse/daemon/mountpoint.h"
#include "fuse/daemon/options.h"
#include "fuse/daemon/process.h"
#include "fuse/daemon/serve.h"
#include "fuse/daemon/upgrade.h"
#include "tools/inherited.h"
#include "tools/shale-fuse/messages.h"
#include "tools/shale-fuse/pidfile.h"

#include <dirent.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>
#include <sys/wait.h>

enum { EXIT_USAGE = 2, MOST_INHERITED = 1024 };

struct run {
	struct daemon_options options;
	char target[PATH_MAX];
	bool foreground, debug;
	int announce; /* a pipe to the parent process, which waits for the mount; -1 in the
			 foreground */
	int log;
	struct pidfile pidfile;
	struct kept_state *kept; /* memory that a mount with a keeper passes on */
	char *const *argv;
	struct upgrade upgrade;
	char program[PATH_MAX]; /* path of this program */
	int adopt;  /* descriptor of the state that an earlier program has passed on; -1: none */
	int keeper; /* process id of the keeper; 0: there is none */
	/* Descriptors that the caller left open. They stay open until the mount exists, because a
	 * layer may be named by one. After that the daemon must close them: they may be locks, or
	 * pipes whose reader waits for the end. */
	int inherited[MOST_INHERITED];
	size_t n_inherited;
};

/* Programs such as podman may call shale-fuse by the name fuse-overlayfs(1). Then it reports the
 * version of the fuse-overlayfs whose options it takes: some programs read the version, or the type
 * of the mounts. */
#define OTHER_NAME    "fuse-overlayfs"
#define OTHER_VERSION "1.14"

static bool has_other_name(void)
{
	return !strcmp(program_invocation_short_name, OTHER_NAME);
}

static void print_version(void)
{
	if (has_other_name())
		puts(OTHER_NAME ": version " OTHER_VERSION);
	printf("shale-fuse: version %s\n", PACKAGE_VERSION);
}

/* Takes the name and the type of the mount from the program's name, unless options give them. */
static void name_mount(struct daemon_options *options)
{
	if (!has_other_name())
		return;
	if (!options->fsname)
		options->fsname = strdup(OTHER_NAME);
	if (!options->subtype)
		options->subtype = strdup(OTHER_NAME);
}

static void note_inherited(struct run *run)
{
	auto_closedir DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	while (dir && run->n_inherited < MOST_INHERITED && (entry = readdir(dir))) {
		int fd = atoi(entry->d_name);
		if (fd > STDERR_FILENO && fd != dirfd(dir))
			run->inherited[run->n_inherited++] = fd;
	}
}

/* Replaces descriptor AT by a copy of TO. Tries again after EINTR and EBUSY: if AT stayed open and
 * is a pipe, its reader would wait for ever. */
static void point(int at, int to)
{
	enum { MOST_TRIES = 10 };

	for (int tries = 0; tries < MOST_TRIES && dup2(to, at) < 0; tries++)
		;
}

/* From now on messages go to LOG, or nowhere if there is none. Closes the caller's standard
 * descriptors: the daemon must not keep them open. */
static void leave_terminal(int log)
{
	auto_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	point(STDIN_FILENO, null);
	point(STDOUT_FILENO, log >= 0 ? log : null);
	point(STDERR_FILENO, log >= 0 ? log : null);
}

/* Opens the files that options name before the mount, because the mount could cover their paths. */
static int open_files(struct run *run, struct shale_error *err)
{
	const struct daemon_options *options = &run->options;

	if (options->log && run->announce >= 0) {
		run->log = sys(open(options->log,
			O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600));
		if (run->log < 0)
			return error_fail(err, run->log, "log to '%s'", options->log);
	}
	int r = pidfile_open(options->pid_file, &run->pidfile);
	return r < 0 ? error_fail(err, r, "write the process id to '%s'", options->pid_file) : 0;
}

/* Tells the parent that the mount exists, so that the parent can end. If this worker is killed
 * before it has noted that, the next worker tells the parent again. */
static void announce(struct run *run)
{
	ssize_t n;

	do
		n = write(run->announce, "", 1);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EPIPE)
		fprintf(stderr, "shale-fuse: announce the mount: %s\n", strerror(errno));
	if (run->kept)
		run->kept->announced = 1;
	close(run->announce);
	run->announce = -1;
}

static void mounted(void *arg)
{
	struct run *run = arg;

	int r = pidfile_publish(&run->pidfile);
	if (r < 0)
		fprintf(stderr, "shale-fuse: warning: write the process id to '%s': %s\n",
			run->options.pid_file, strerror(-r));
	if (chdir("/") < 0)
		fprintf(stderr, "shale-fuse: leave the working directory: %s\n", strerror(errno));
	bool background = run->announce >= 0;
	for (size_t i = 0; background && i < run->n_inherited; i++)
		close(run->inherited[i]);
	if (background)
		leave_terminal(run->log);
	if (background)
		cleanup_close(&run->log);
	/* From here on another worker can take over. Set this before the parent learns of the
	 * mount: otherwise a death in between would end a mount that the parent has reported. */
	if (run->kept)
		run->kept->serving = 1;
	if (background)
		announce(run);
}

/* Reports a feature that the upper filesystem lacks. Only to a log: programs that start a mount
 * expect no output. */
static void lacks(void *arg, const char *feature, const char *instead)
{
	const struct run *run = arg;

	if (run->log >= 0 || run->foreground)
		dprintf(run->log >= 0 ? run->log : STDERR_FILENO,
			"shale-fuse: the upper filesystem lacks %s: %s\n", feature, instead);
}

static int serve_here(void *arg)
{
	struct run *run = arg;
	struct shale_error err = { 0 };
	struct serve_run what = { .options = &run->options,
		.target = run->target,
		.debug = run->debug,
		.mounted = mounted,
		.no_index = message_no_index,
		.no_work = message_no_work,
		.lacks = lacks,
		.kept = run->kept,
		.upgrade = run->kept ? &run->upgrade : NULL,
		.arg = run };

	if (run->kept && run->kept->serving && !run->kept->announced && run->announce >= 0)
		announce(run);
	int r = serve_run(&what, &err);
	/* A worker that took over must not remove the file: the descriptor number in PIDFILE was an
	 * earlier worker's, and may be another file now. */
	if (!run->kept || !run->kept->serving)
		pidfile_discard(&run->pidfile);
	return r < 0 ? message_error(&err) : EXIT_SUCCESS;
}

static int keep(struct run *run)
{
	run->upgrade =
		(struct upgrade){ .kept = run->kept, .program = run->program, .argv = run->argv };
	const struct keeper keeper = { .kept = run->kept,
		.target = run->target,
		.before = mountpoint_id(run->target),
		.work = serve_here,
		.arg = run,
		.upgrade = run->upgrade };

	run->keeper = getpid();
	return keeper_run(&keeper);
}

/* Makes paths absolute: a worker that takes over has another working directory. */
static void note_paths(struct run *run)
{
	auto_free char *here = getcwd(NULL, 0);
	const char *stats = run->options.stats;
	struct kept_state *kept = run->kept;
	int n = 0;

	snprintf(kept->target, sizeof(kept->target), "%s", run->target);
	if (stats)
		n = snprintf(kept->stats, sizeof(kept->stats), "%s%s%s",
			*stats != '/' && here ? here : "", *stats != '/' ? "/" : "", stats);
	if (n <= 0 || n >= (int)sizeof(kept->stats))
		return;
	free(run->options.stats);
	run->options.stats = strdup(kept->stats);
}

/* Makes the state that outlives a worker. Returns false if there will be no keeper: then the mount
 * ends with its daemon. */
static bool make_kept(struct run *run)
{
	ssize_t n = readlink("/proc/self/exe", run->program, sizeof(run->program) - 1);

	if (!run->options.keeper)
		return false;
	run->program[n > 0 ? n : 0] = 0;
	run->kept = kept_new();
	if (run->kept)
		note_paths(run);
	else if (run->options.keeper > 0)
		message_no_keeper();
	return run->kept;
}

/* Calls process_own(), and returns its result. */
static unsigned long own_process(const struct run *run)
{
	unsigned long seconds = process_own();

	process_widen(run->options.lowers.n);
	return seconds;
}

static int serve(struct run *run)
{
	struct shale_error err = { 0 };
	int r = open_files(run, &err);

	if (r < 0)
		return message_error(&err);
	unsigned long seconds = own_process(run);
	if (seconds)
		message_limited(seconds);
	if (!make_kept(run))
		return serve_here(run);
	r = serve_hold_witness(&run->options, &run->kept->witness, &err);
	return r < 0 ? message_error(&err) : keep(run);
}

/* Continues as the keeper of a mount that another build of the program has served so far. */
static int adopt(struct run *run)
{
	ssize_t n = readlink("/proc/self/exe", run->program, sizeof(run->program) - 1);

	run->program[n > 0 ? n : 0] = 0;
	run->kept = kept_map(run->adopt);
	if (!run->kept || !run->kept->serving) {
		fputs("shale-fuse: there is no mount that this version could take over\n", stderr);
		return EXIT_FAILURE;
	}
	(void)own_process(run);
	snprintf(run->target, sizeof(run->target), "%s", run->kept->target);
	free(run->options.stats);
	run->options.stats = *run->kept->stats ? strdup(run->kept->stats) : NULL;
	upgrade_done();
	fprintf(stderr, "shale-fuse: version %s goes on with '%s'\n", PACKAGE_VERSION, run->target);
	return keep(run);
}

/* Serves the mount in a child process. The parent exits when the mount exists, or when the child
 * has failed. */
static int serve_in_background(struct run *run)
{
	int pipe_fds[2], status;
	char byte;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0) {
		fprintf(stderr, "shale-fuse: make a pipe: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	pid_t child = fork();
	if (child < 0) {
		fprintf(stderr, "shale-fuse: start the daemon: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	if (child == 0) {
		close(pipe_fds[0]);
		run->announce = pipe_fds[1];
		setsid();
		return serve(run);
	}
	close(pipe_fds[1]);
	ssize_t n;
	do
		n = read(pipe_fds[0], &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		return EXIT_SUCCESS;
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		fprintf(stderr, "shale-fuse: the daemon died of signal %d\n", WTERMSIG(status));
	return EXIT_FAILURE;
}

static int convert(const char *dir)
{
	struct shale_error err = { 0 };
	long changed = convert_upper(dir, xattr_class_of_process(), &err);

	if (changed < 0)
		return message_error(&err);
	printf("%ld names converted\n", changed);
	return EXIT_SUCCESS;
}

/* Parses the command line. Returns -1 to go on, or the exit status. */
static int parse(int argc, char **argv, struct run *run)
{
	static const struct option long_options[] = { { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' }, { "foreground", no_argument, NULL, 'f' },
		{ "debug", no_argument, NULL, 'd' },
		{ "convert-upper", required_argument, NULL, 'c' },
		{ "adopt", required_argument, NULL, 'A' },
		{ "takes-over", required_argument, NULL, 'T' }, { 0 } };
	struct shale_error err = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "o:fdhVsnt:", long_options, NULL)) != -1)
		switch (c) {
		case 'o':
			if (daemon_options_add(&run->options, optarg, &err) < 0) {
				message_error(&err);
				return EXIT_USAGE;
			}
			break;
		case 'd':
			run->debug = true;
			/* fall through */
		case 'f':
			run->foreground = true;
			break;
		case 'A':
			run->adopt = atoi(optarg);
			break;
		case 'T':
			return kept_is_known(optarg) ? EXIT_SUCCESS : EXIT_FAILURE;
		case 'h':
			message_usage(stdout);
			return EXIT_SUCCESS;
		case 'V':
			print_version();
			return EXIT_SUCCESS;
		case 'c':
			return convert(optarg);
		case 's':
		case 'n':
		case 't': /* options of mount(8) and of other FUSE programs; they have no effect */
			break;
		default:
			message_usage(stderr);
			return EXIT_USAGE;
		}
	return -1;
}

/* Keeps the mount point open, and uses it by this descriptor until the unmount: a directory above
 * it may be renamed. Only fusermount3 needs its path. */
static void keep_place(struct run *run, const char *dir)
{
	int fd;

	if (geteuid() != 0 || sscanf(dir, "/proc/self/fd/%d/", &fd) != 1)
		return;
	for (size_t i = 0; i < run->n_inherited; i++)
		if (run->inherited[i] == fd)
			run->inherited[i] = -1;
	snprintf(run->target, sizeof(run->target), "%s", dir);
}

/* Refuses a file as mount point. FUSE would allow it, but show a directory there. */
static int check_target(const char *target)
{
	auto_close int fd = sys(open(target, O_PATH | O_DIRECTORY | O_CLOEXEC));

	if (fd != -ENOTDIR)
		return -1;
	fprintf(stderr, "shale-fuse: mount at '%s': it is not a directory\n", target);
	return EXIT_FAILURE;
}

static int find_target(int argc, char **argv, struct run *run)
{
	int left = argc - optind;

	if (left < 1 || left > 2) {
		message_usage(stderr);
		return EXIT_USAGE;
	}
	if (left == 2 && !run->options.fsname)
		run->options.fsname = strdup(argv[optind]);
	name_mount(&run->options);
	if (!realpath(argv[argc - 1], run->target)) {
		fprintf(stderr, "shale-fuse: mount at '%s': %s\n", argv[argc - 1], strerror(errno));
		return EXIT_FAILURE;
	}
	keep_place(run, argv[argc - 1]);
	return check_target(run->target);
}

static int change_mount(const struct run *run)
{
	struct shale_error err = { 0 };

	return mountpoint_remount(&run->options, run->target, &err) < 0 ? message_error(&err)
									: EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct run run = {
		.announce = -1, .log = -1, .adopt = -1, .argv = argv, .pidfile = PIDFILE_NONE
	};

	inherited_mend();
	note_inherited(&run);
	daemon_options_init(&run.options);
	int status = parse(argc, argv, &run);
	if (status < 0 && run.adopt >= 0)
		return adopt(&run);
	if (status < 0)
		status = find_target(argc, argv, &run);
	if (status < 0 && run.options.n_unknown)
		message_unknown(&run.options);
	if (status < 0 && run.options.remount)
		status = change_mount(&run);
	if (status < 0)
		status = run.foreground ? serve(&run) : serve_in_background(&run);
	daemon_options_free(&run.options);
	return status;
}
