/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/backend/launch.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/witness.h"
#include "common/mount_option.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define PROGRAM       "shale-fuse"
#define WARNING       PROGRAM ": warning:"
#define DAEMON_END_MS 10000 /* ms: how long put waits until the daemon has ended */

extern char **environ;

/* Looks for shale-fuse in the directory of the running program, and in the one above: libtool puts
 * programs into .libs of the build directory. */
static bool find_beside_self(char *ret, size_t size)
{
	static const char *const places[] = { "/" PROGRAM, "/../" PROGRAM };
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0)
		return false;
	self[n] = 0;
	*strrchr(self, '/') = 0;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		int length = snprintf(ret, size, "%s%s", self, places[i]);
		if (length < (int)size && access(ret, X_OK) == 0)
			return true;
	}
	return false;
}

void daemon_program(char *ret, size_t size)
{
	const char *named = getenv("SHALE_FUSE");

	if (named && *named)
		snprintf(ret, size, "%s", named);
	else if (!find_beside_self(ret, size) && access(BINDIR "/" PROGRAM, X_OK) == 0)
		snprintf(ret, size, "%s", BINDIR "/" PROGRAM);
	else if (access(ret, X_OK) != 0)
		snprintf(ret, size, "%s", PROGRAM);
}

/* Writes a path with escapes for a mount option: there a colon separates layers, a comma separates
 * options, and quotes and backslashes have a meaning. */
static void put_path(FILE *to, const char *path)
{
	for (; *path; path++) {
		if (strchr(":,\\\"", *path))
			fputc('\\', to);
		fputc(*path, to);
	}
}

/* Writes ",NAME" (without the comma for the first option), and a '=' if the option has a value. */
static void put_name(FILE *to, enum mount_option_id id)
{
	const struct mount_option *option = &mount_options[id];

	fprintf(to, "%s%s%s", id == OPTION_lowerdir ? "" : ",", option->name,
		*option->value ? "=" : "");
}

static void put_text(FILE *to, enum mount_option_id id, const char *value)
{
	put_name(to, id);
	fputs(value, to);
}

static void put_map(FILE *to, enum mount_option_id id, const struct idmap *map)
{
	if (map && map->n)
		put_name(to, id);
	for (size_t i = 0; map && i < map->n; i++)
		fprintf(to, "%s%u:%u:%u", i ? ":" : "", map->ranges[i].disk, map->ranges[i].shown,
			map->ranges[i].count);
}

static void put_layers(FILE *to, const struct mount_spec *spec)
{
	for (size_t i = 0; i < spec->n_lowers; i++) {
		if (i)
			fputc(':', to);
		else
			put_name(to, OPTION_lowerdir);
		put_path(to, spec->lowers[i]);
	}
	if (!spec->upper)
		return;
	put_name(to, OPTION_upperdir);
	put_path(to, spec->upper);
	put_name(to, OPTION_workdir);
	put_path(to, spec->work);
}

static void put_features(FILE *to, const struct mount_spec *spec)
{
	/* Only for adopted layers: the store's own layers have real whiteouts, and in them .wh.NAME
	 * is a plain file. */
	put_text(to, OPTION_aufs, spec->aufs ? "on" : "off");
	if (spec->metacopies)
		put_text(to, OPTION_metacopy, "on");
	else if (spec->make_redirects)
		put_text(to, OPTION_redirect_dir, "on");
	else if (spec->redirects)
		put_text(to, OPTION_redirect_dir, "follow");
	if (spec->size && spec->upper) {
		put_name(to, OPTION_size);
		fprintf(to, "%llu", (unsigned long long)spec->size);
	}
	if (spec->volatile_)
		put_name(to, OPTION_volatile);
	if (spec->ownership == OWNERSHIP_OVERRIDE)
		put_text(to, OPTION_xattr_permissions, "2");
	put_map(to, OPTION_uidmapping, spec->uids);
	put_map(to, OPTION_gidmapping, spec->gids);
	if (spec->label) {
		put_name(to, OPTION_context);
		fprintf(to, "\"%s\"", spec->label);
	}
}

static char *options_of(const struct mount_spec *spec)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	put_layers(to, spec);
	put_features(to, spec);
	put_name(to, OPTION_log);
	put_path(to, spec->run_path);
	fprintf(to, "/log/%s", spec->id);
	put_name(to, OPTION_lockfile);
	put_path(to, spec->run_path);
	fprintf(to, "/daemons/%s", spec->witness);
	return fclose(to) == 0 ? text : NULL;
}

/* Puts the program's messages into ERR: its first line, without the program's name, is the reason,
 * and its second line the remedy. */
static void take_words(char *words, struct shale_error *err)
{
	char *save, *line = strtok_r(words, "\n", &save);

	while (line && !strncmp(line, WARNING, strlen(WARNING)))
		line = strtok_r(NULL, "\n", &save);
	char *second = line ? strtok_r(NULL, "\n", &save) : NULL;
	if (!line)
		return;
	if (!strncmp(line, PROGRAM ": ", strlen(PROGRAM ": ")))
		line += strlen(PROGRAM ": ");
	error_fail_plain(err, -EIO, "%s", line);
	if (second)
		error_remedy(err, -EIO, "%s", second);
}

static int wait_for(pid_t child, int from, struct shale_error *err)
{
	char words[1024];
	size_t used = 0;
	ssize_t n;
	int status = 0;

	while ((n = read(from, words + used, sizeof(words) - 1 - used)) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		used += n > 0 ? (size_t)n : 0;
		if (used == sizeof(words) - 1)
			break;
	}
	words[used] = 0;
	int r;
	do
		r = sys(waitpid(child, &status, 0));
	while (r == -EINTR);
	/* If the caller's program ignores SIGCHLD, the exit status is lost. Then a daemon that has
	 * written no error has succeeded. */
	bool silent = !used || !strncmp(words, WARNING, strlen(WARNING));
	if (r == -ECHILD ? silent : WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	take_words(words, err);
	return error_fail_plain(err, -EIO, "%s failed", PROGRAM);
}

static int spawn(const char *program, char *const *argv, const struct mount_spec *spec, int words,
	pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	/* Enter HOME first: the descriptor of HOME may be one of those that are replaced next. */
	posix_spawn_file_actions_addfchdir_np(&actions, spec->home);
	/* A dup2 of a descriptor onto itself clears close-on-exec, so that the child inherits
	 * it. */
	for (size_t i = 0; i < spec->n_held; i++)
		posix_spawn_file_actions_adddup2(&actions, spec->held[i], spec->held[i]);
	if (spec->place)
		posix_spawn_file_actions_adddup2(&actions, spec->place_fd, spec->place_fd);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, words, STDERR_FILENO);
	int r = posix_spawnp(ret, program, &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return -r;
}

static int open_daemons(const struct mounted *mounted)
{
	return mounted->witness[0] ? sys(openat(mounted->run, "daemons",
					     O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
				   : -ENOENT;
}

static void make_run_dirs(const struct mount_spec *spec)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/log", spec->run_path);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/daemons", spec->run_path);
	mkdir(path, 0700);
	/* The new daemon makes its own lock file. Remove an old one: a process that still holds it
	 * is not this mount's daemon. */
	snprintf(path, sizeof(path), "%s/daemons/%s", spec->run_path, spec->witness);
	unlink(path);
}

int daemon_start(const struct mount_spec *spec, struct shale_error *err)
{
	char program[PATH_MAX] = "";
	auto_free char *options = options_of(spec);
	auto_free char *target = strdup(spec->place ? spec->place : spec->target);
	int pipe_fds[2];
	pid_t child;

	if (!options || !target)
		return error_fail(err, -ENOMEM, "start %s", PROGRAM);
	make_run_dirs(spec);
	daemon_program(program, sizeof(program));
	char *argv[] = { (char *)PROGRAM, (char *)"-o", options, target, NULL };
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_fail(err, -errno, "make a pipe");
	auto_close int from = pipe_fds[0];
	auto_close int low = pipe_fds[1];
	/* If this process has closed its standard descriptors, the pipe may have got their numbers.
	 * Use a higher number. */
	auto_close int to = sys(fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
	if (to < 0)
		return error_fail(err, to, "make a pipe");
	close(steal_fd(&low));
	int r = spawn(program, argv, spec, to, &child);
	if (r < 0) {
		error_remedy(err, r, "Install %s, or name it in $SHALE_FUSE.", PROGRAM);
		return error_fail(err, r, "start '%s'", program);
	}
	close(steal_fd(&to));
	return wait_for(child, from, err);
}

int daemon_of_mount(const struct mounted *mounted)
{
	auto_close int dir = open_daemons(mounted);

	return dir < 0 ? -1 : witness_pidfd(dir, mounted->witness, NULL);
}

bool daemon_wait_end(const struct mounted *mounted)
{
	auto_close int dir = open_daemons(mounted);
	enum life life = dir < 0 ? LIFE_UNKNOWN
				 : witness_wait(dir, mounted->witness, DAEMON_END_MS);

	if (life == LIFE_GONE)
		(void)unlinkat(dir, mounted->witness, 0);
	return life != LIFE_ALIVE;
}
