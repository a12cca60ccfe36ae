/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/userns.h"

#include "common/shale.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/subid.h"

#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

/* The initial user namespace always has this inode number (PROC_USER_INIT_INO). */
bool in_user_namespace(void)
{
	const ino_t initial = 0xeffffffd;
	struct stat st;

	return stat("/proc/self/ns/user", &st) == 0 && st.st_ino != initial;
}

/* The answer of the helper process, which stays outside the namespace: whether it wrote the maps.
 */

struct answer {
	int result;
	struct shale_error err;
};

/* One of the two maps. */
struct table {
	const char *file;    /* name of the file below /proc/PID */
	const char *grants;  /* the file that grants subordinate ids */
	const char *program; /* the setuid program that may write this map for any user */
};
static const struct table uids = { "uid_map", "/etc/subuid", "newuidmap" };
static const struct table gids = { "gid_map", "/etc/subgid", "newgidmap" };

static int write_file(pid_t pid, const char *name, const char *text, struct shale_error *err)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	auto_close int fd = sys(open(path, O_WRONLY | O_CLOEXEC));
	ssize_t n = fd < 0 ? fd : sys(write(fd, text, strlen(text)));
	return n < 0 ? error_fail(err, (int)n, "write '%s'", path) : 0;
}

static int write_map(
	pid_t pid, const struct table *table, const struct id_map *map, struct shale_error *err)
{
	auto_free char *text = subid_map_text(map);

	return text ? write_file(pid, table->file, text, err) : error_fail(err, -ENOMEM, "map ids");
}

/* Maps each id that root has to the same number. */
static int map_all(pid_t pid, const struct table *table, struct shale_error *err)
{
	struct id_map map = { .n = 0 };
	char own[64];

	snprintf(own, sizeof(own), "/proc/self/%s", table->file);
	auto_fclose FILE *file = fopen(own, "re");
	if (!file)
		return error_fail(err, -errno, "open '%s'", own);
	subid_add_identity(&map, file);
	return write_map(pid, table, &map, err);
}

static void read_grants(struct id_map *map, const struct table *table, uid_t uid)
{
	auto_fclose FILE *file = fopen(table->grants, "re");
	struct passwd *user = getpwuid(uid);

	if (file)
		subid_add_grants(map, file, user ? user->pw_name : NULL, uid);
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPERM;
}

/* Runs the program, and keeps its output for the error text. */
static int run_program(char *const *argv, char *said, size_t size)
{
	posix_spawn_file_actions_t actions;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	auto_close int in = ends[0];
	auto_close int out = ends[1];
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out, 2);
	int r = -posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r < 0)
		return r;
	close(steal_fd(&out));
	ssize_t n = read(in, said, size - 1);
	said[n > 0 ? n : 0] = 0;
	said[strcspn(said, "\n")] = 0;
	return wait_for(pid);
}

static int map_granted(
	pid_t pid, const struct table *table, const struct id_map *map, struct shale_error *err)
{
	auto_free char *text = subid_map_text(map);
	char *argv[3 + 3 * ID_RANGES_MAX] = { (char *)table->program };
	char number[16], said[256] = "";
	size_t n = 2;

	if (!text)
		return error_fail(err, -ENOMEM, "map ids");
	snprintf(number, sizeof(number), "%d", pid);
	argv[1] = number;
	for (char *save, *word = strtok_r(text, " \n", &save); word;
		word = strtok_r(NULL, " \n", &save))
		argv[n++] = word;
	int r = run_program(argv, said, sizeof(said));
	if (r == -ENOENT)
		return r;
	if (r < 0)
		return error_fail_plain(err, r, "%s: %s", table->program,
			said[0] ? said : "failed without a message");
	return 0;
}

/* Maps the user's own id alone. Every user may do that, if setgroups(2) is denied in the namespace.
 */

static int map_single(pid_t pid, uid_t uid, gid_t gid, struct shale_error *err)
{
	struct id_map users = { .ranges = { { 0, uid, 1 } }, .n = 1 };
	struct id_map groups = { .ranges = { { 0, gid, 1 } }, .n = 1 };
	int r = write_map(pid, &uids, &users, err);

	if (r == 0)
		r = write_file(pid, "setgroups", "deny", err);
	return r < 0 ? r : write_map(pid, &gids, &groups, err);
}

/* Maps as many ids as the system allows. Returns 1 if more than the caller's own id was mapped;
 * otherwise 0, with the reason in ERR. */
static int map_ids(pid_t pid, uid_t uid, gid_t gid, struct shale_error *err)
{
	struct id_map users = { .ranges = { { 0, uid, 1 } }, .n = 1 };
	struct id_map groups = { .ranges = { { 0, gid, 1 } }, .n = 1 };
	int r;

	if (uid == 0) {
		r = map_all(pid, &uids, err);
		r = r < 0 ? r : map_all(pid, &gids, err);
		return r < 0 ? r : 1;
	}
	read_grants(&users, &uids, uid);
	read_grants(&groups, &gids, uid);
	if (users.n == 1 || groups.n == 1) {
		error_remedy(err, 0,
			"ask an administrator for a line in each (usermod --add-subuids "
			"--add-subgids)");
		error_fail_plain(err, 0, "/etc/subuid and /etc/subgid grant no ids to this user");
		return map_single(pid, uid, gid, err);
	}
	r = map_granted(pid, &uids, &users, err);
	if (r == -ENOENT) {
		error_remedy(err, 0, "install newuidmap and newgidmap (package uidmap)");
		error_fail_plain(err, 0, "newuidmap is not installed");
		return map_single(pid, uid, gid, err);
	}
	r = r < 0 ? r : map_granted(pid, &gids, &groups, err);
	return r < 0 ? r : 1;
}

/* Writes the maps when the namespace exists. Only a process outside the namespace may write them.
 */

static void help(int channel, pid_t pid, uid_t uid, gid_t gid)
{
	struct answer answer = { 0 };
	char go;

	if (read(channel, &go, 1) != 1)
		_exit(0);
	answer.result = map_ids(pid, uid, gid, &answer.err);
	_exit(write(channel, &answer, sizeof(answer)) != sizeof(answer));
}

static int explain(int code, struct shale_error *err)
{
	if (code == -EINVAL)
		error_remedy(err, code, "only a process with a single thread can do this");
	else
		error_remedy(err, code,
			"user namespaces are switched off here: look at the sysctls "
			"user.max_user_namespaces, kernel.unprivileged_userns_clone and "
			"kernel.apparmor_restrict_unprivileged_userns");
	return error_fail(err, code, "make a user namespace");
}

static int enter(int channel, struct shale_error *err)
{
	struct answer answer;
	int r = sys(unshare(CLONE_NEWUSER | CLONE_NEWNS));

	if (r < 0)
		return explain(r, err);
	if (send(channel, "g", 1, MSG_NOSIGNAL) != 1 ||
		recv(channel, &answer, sizeof(answer), MSG_WAITALL) != sizeof(answer))
		return error_fail(err, -EPIPE, "map ids");
	if (err)
		*err = answer.err;
	return answer.result < 0 ? error_fail(err, answer.result, "map ids") : answer.result;
}

int shale_unshare(struct shale_error *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_fail(err, -errno, "make a channel");
	auto_close int ours = ends[0];
	auto_close int theirs = ends[1];
	pid_t us = getpid();
	pid_t helper = fork();
	if (helper < 0)
		return error_fail(err, -errno, "fork");
	if (helper == 0) {
		close(steal_fd(&ours));
		help(theirs, us, geteuid(), getegid());
	}
	close(steal_fd(&theirs));
	int r = enter(ours, err);
	/* If the helper gets no request, it reads the end of file and exits. */
	close(steal_fd(&ours));
	while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	return r;
}
