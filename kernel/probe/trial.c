/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/probe/trial.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/whiteout.h"
#include "kernel/run_in_dir.h"
#include "kernel/kernel_mount.h"

#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>

struct task {
	int (*fn)(struct trial *trial, void *arg);
	void *arg;
	struct shale_error *err;
};

int trial_write(const char *name, const char *text)
{
	auto_close int fd = sys(open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
	if (fd < 0)
		return fd;
	ssize_t n = write(fd, text, strlen(text));
	return n < 0 ? -errno : n == (ssize_t)strlen(text) ? 0 : -ENOSPC;
}

bool trial_holds(const char *name, const char *text)
{
	char data[32];
	auto_close int fd = sys(open(name, O_RDONLY | O_CLOEXEC));
	ssize_t n = fd < 0 ? -1 : read(fd, data, sizeof(data));

	return n == (ssize_t)strlen(text) && !memcmp(data, text, (size_t)n);
}

static int make_layers(enum xattr_class class)
{
	static const char *const dirs[] = { "lower", "lower/dir", "lower/op", "middle",
		"middle/dir", "middle/op", "merged" };
	static const char *const files[] = { "lower/file", "lower/gone", "lower/one", "lower/dir/a",
		"lower/op/hidden", "middle/dir/b" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(dirs) / sizeof(*dirs); i++)
		r = sys(mkdir(dirs[i], 0755));
	for (size_t i = 0; r == 0 && i < sizeof(files) / sizeof(*files); i++)
		r = trial_write(files[i], "lower");
	if (r == 0)
		r = sys(link("lower/one", "lower/two"));
	if (r < 0)
		return r;
	auto_close int opaque = sys(open("middle/op", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	/* Ignore a failure: without such xattrs only the trial of opaque directories fails, which
	 * reports it. */
	if (opaque >= 0)
		(void)opaque_set(opaque, class);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)remove(path);
	return 0;
}

static int run_in_place(struct task *task, const char *place)
{
	struct trial trial = { .class = xattr_class_of_process() };
	int r = sys(chdir(place));

	if (r == 0)
		r = make_layers(trial.class);
	if (r < 0)
		return error_fail(task->err, r, "make layers for a trial in HOME");
	return task->fn(&trial, task->arg);
}

static int run(void *arg)
{
	struct task *task = arg;
	char place[] = "staging/probe-XXXXXX";
	auto_close int home = sys(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
	mode_t before = umask(022);

	int r = sys(mkdir("staging", 0700));
	if (r == 0 || r == -EEXIST)
		r = mkdtemp(place) ? 0 : -errno;
	if (r < 0)
		r = error_fail(task->err, r, "make a directory in HOME/staging");
	else
		r = run_in_place(task, place);
	umask(before);
	if (home >= 0 && fchdir(home) == 0)
		(void)nftw(place, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	return r;
}

int trial_run(
	int home, int (*fn)(struct trial *trial, void *arg), void *arg, struct shale_error *err)
{
	struct task task = { .fn = fn, .arg = arg, .err = err };

	return run_in_dir_private(home, run, &task);
}

int trial_mount_overlay(struct trial *trial, struct overlay *overlay, struct shale_error *err)
{
	char upper[32], work[32];

	trial->mounts++;
	snprintf(upper, sizeof(upper), "upper%u", trial->mounts);
	snprintf(work, sizeof(work), "work%u", trial->mounts);
	int r = sys(mkdir(upper, 0755));
	if (r == 0)
		r = sys(mkdir(work, 0755));
	if (r < 0)
		return error_fail(err, r, "make an upper directory for a trial in HOME");
	overlay->upper = upper;
	overlay->work = work;
	r = overlay_mount(overlay, "merged", err);
	overlay->upper = overlay->work = NULL;
	return r;
}

int trial_mount(struct trial *trial, const char *const *extra, struct shale_error *err)
{
	static const char *const lowers[] = { "middle", "lower" };
	const char *const *base = kernel_options(trial->class);
	const char *options[16];
	size_t n = 0;

	for (; base[n]; n++)
		options[n] = base[n];
	for (size_t i = 0; extra && extra[i]; i++)
		options[n++] = extra[i];
	options[n] = NULL;
	struct overlay overlay = { .lowers = lowers, .n_lowers = 2, .options = options };
	return trial_mount_overlay(trial, &overlay, err);
}

void trial_umount(void)
{
	(void)umount2("merged", MNT_DETACH | UMOUNT_NOFOLLOW);
}

struct trial_path trial_upper(const struct trial *trial, const char *name)
{
	struct trial_path path;

	snprintf(path.text, sizeof(path.text), "upper%u/%s", trial->mounts, name);
	return path;
}

bool trial_has_xattr(const struct trial *trial, const char *path, const char *name)
{
	return lgetxattr(path, overlay_xattr(trial->class, name), NULL, 0) >= 0;
}

int trial_refuse(struct shale_error *err, const char *why)
{
	return error_fail_plain(err, -EOPNOTSUPP, "%s", why);
}
