/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/paths.h"

#include "common/base/scope.h"
#include "common/base/error.h"

#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

/* Counts the ids of the user namespace, and tells whether it is the initial one. Without /proc the
 * count is 0. */
static int count_mapped_ids(unsigned long *ret_total, bool *initial)
{
	auto_fclose FILE *file = fopen("/proc/self/uid_map", "re");
	unsigned long inside, outside, count, total = 0;

	*ret_total = 0;
	*initial = false;
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (fscanf(file, "%lu %lu %lu", &inside, &outside, &count) == 3) {
		*initial |= inside == 0 && outside == 0 && count == 4294967295UL;
		total += count;
	}
	*ret_total = total;
	return ferror(file) ? -EIO : 0;
}

int user_is_real_root(void)
{
	unsigned long total;
	bool initial;
	int r = count_mapped_ids(&total, &initial);

	return r < 0 ? r : geteuid() == 0 && initial;
}

int user_may_chown(void)
{
	unsigned long total;
	bool initial;
	int r = count_mapped_ids(&total, &initial);

	return r < 0 ? r : geteuid() == 0 && total > 1;
}

static int fail_unknown_root(int code, struct shale_error *err)
{
	return error_fail(err, code, "read '/proc/self/uid_map'");
}

static int format(char **ret, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
static int format(char **ret, const char *pattern, ...)
{
	va_list args;

	va_start(args, pattern);
	int n = vasprintf(ret, pattern, args);
	va_end(args);
	return n < 0 ? -ENOMEM : 0;
}

/* Returns a path from the environment. The XDG base directory specification says to ignore a
 * path that is not absolute. */
static const char *absolute_env(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] == '/' ? value : NULL;
}

#define PASSWD_SIZE 16384

/* Returns the user's home directory. The caller passes BUF, of PASSWD_SIZE bytes, because several
 * threads may open stores at once. */
static const char *user_home(char *buf)
{
	const char *home = absolute_env("HOME");
	struct passwd room, *pw = NULL;

	if (!home && getpwuid_r(geteuid(), &room, buf, PASSWD_SIZE, &pw) != 0)
		pw = NULL;
	return home ? home : pw ? pw->pw_dir : NULL;
}

int home_default(char **ret, struct shale_error *err)
{
	const char *home;

	int root = user_is_real_root();

	if (root < 0)
		return fail_unknown_root(root, err);
	if (root)
		return format(ret, "/var/lib/shale");
	home = absolute_env("XDG_DATA_HOME");
	if (home)
		return format(ret, "%s/shale", home);
	char buf[PASSWD_SIZE];
	home = user_home(buf);
	if (home)
		return format(ret, "%s/.local/share/shale", home);
	error_fail_plain(err, -ENOENT, "no home directory to keep a store in");
	return error_remedy(err, -ENOENT, "name the store's directory with --home or SHALE_HOME");
}

/* Makes a directory in /tmp, and checks that it belongs to this user: any user could have made one
 * of that name before. */
static int make_own_dir_in_tmp(const char *path, struct shale_error *err)
{
	struct stat st;
	int r = sys(mkdir(path, 0700));

	if (r < 0 && r != -EEXIST)
		return error_fail(err, r, "make directory '%s'", path);
	if (lstat(path, &st) < 0)
		return error_fail(err, -errno, "directory '%s'", path);
	if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 077))
		return 0;
	error_fail_plain(err, -EPERM, "'%s' is not a private directory of this user", path);
	return error_remedy(err, -EPERM, "set XDG_RUNTIME_DIR, or name another with --run");
}

/* Returns the effective uid as the parent user namespace has it. It is the same inside 'shale
 * unshare' and outside, so that processes of both find the same locks. */
static unsigned long outer_uid(void)
{
	auto_fclose FILE *file = fopen("/proc/self/uid_map", "re");
	unsigned long inside, outside, count, uid = geteuid();

	while (file && fscanf(file, "%lu %lu %lu", &inside, &outside, &count) == 3)
		if (uid >= inside && uid - inside < count)
			return outside + (uid - inside);
	return uid;
}

static int run_in_tmp(char **ret, struct shale_error *err)
{
	auto_free char *path = NULL;
	int r = format(&path, "/tmp/shale-%lu", outer_uid());

	if (r == 0)
		r = make_own_dir_in_tmp(path, err);
	if (r == 0)
		*ret = steal_ptr(&path);
	return r;
}

int run_default(char **ret, struct shale_error *err)
{
	const char *run = absolute_env("XDG_RUNTIME_DIR");
	int r;

	int root = user_is_real_root();
	if (root < 0)
		return fail_unknown_root(root, err);
	if (root)
		r = format(ret, "/run/shale");
	else if (run)
		r = format(ret, "%s/shale", run);
	else
		return run_in_tmp(ret, err);
	return r < 0 ? error_fail(err, r, "run directory") : 0;
}

static int make_parents(char *path)
{
	for (char *p = path + strspn(path, "/"); (p = strchr(p, '/')); p++) {
		*p = 0;
		int r = sys(mkdir(path, 0755));
		*p = '/';
		if (r < 0 && r != -EEXIST && r != -EROFS && r != -EACCES)
			return r;
	}
	return 0;
}

int dir_open_private(const char *path, char **ret_path, struct shale_error *err)
{
	auto_free char *copy = strdup(path);

	if (!copy)
		return error_fail(err, -ENOMEM, "directory '%s'", path);
	for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/'; n--)
		copy[n - 1] = 0;
	int r = make_parents(copy);
	if (r < 0)
		return error_fail(err, r, "make the directories above '%s'", path);
	r = sys(mkdir(copy, 0700));
	if (r < 0 && r != -EEXIST)
		return error_fail(err, r, "make directory '%s'", path);
	auto_close int fd = sys(open(copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (fd < 0)
		return error_fail(err, fd, "open directory '%s'", path);
	char *absolute = realpath(copy, NULL);
	if (!absolute)
		return error_fail(err, -errno, "directory '%s'", path);
	*ret_path = absolute;
	return steal_fd(&fd);
}

int dir_must_be_private(int fd, struct shale_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_fail(err, -errno, "stat");
	if (st.st_uid != geteuid())
		return error_fail_plain(err, -EPERM, "it belongs to user %u, and this is user %u",
			st.st_uid, geteuid());
	if (st.st_mode & 022)
		return error_fail_plain(err, -EPERM, "others may write to it");
	return 0;
}

int dir_open_sub(int dirfd, const char *name, struct shale_error *err)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = sys(openat(dirfd, name, flags));

	if (fd == -ENOENT) {
		int r = sys(mkdirat(dirfd, name, 0700));

		fd = r < 0 && r != -EEXIST ? r : sys(openat(dirfd, name, flags));
	}
	return fd < 0 ? error_fail(err, fd, "make or open directory '%s'", name) : fd;
}
