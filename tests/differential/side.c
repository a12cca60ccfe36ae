/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/side.h"

#include "common/base/scope.h"
#include "tests/differential/user_mount.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define OPTIONS_MAX 4096

/* Writes the mount options. Paths in them are relative to SCRATCH, the working directory at the
 * mount. */
static void mount_data(
	const struct side *side, int n_lowers, const struct mount_options *options, char *data)
{
	char *end = data + sprintf(data, "lowerdir=");

	for (int i = side->n_old; i-- > 0;)
		end += sprintf(end, "%s/old%d:", side->name, i);
	for (int i = 0; i < n_lowers; i++)
		end += sprintf(end, "%slower/%d", i ? ":" : "", i);
	end += sprintf(end, ",upperdir=%s/upper,workdir=%s/work", side->name, side->name);
	if (side->backend == BACKEND_KERNEL)
		end += sprintf(end, ",index=off,xino=auto%s", options->userns ? ",userxattr" : "");
	else
		end += sprintf(end, ",aufs=off");
	if (options->options)
		end += snprintf(end, OPTIONS_MAX / 4, ",%s", options->options);
	if (side->backend == BACKEND_FUSE && options->fuse_options)
		snprintf(end, OPTIONS_MAX / 4, ",%s", options->fuse_options);
}

static int run_program(const struct mount_options *options, char *data, char *target, char *log)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		int out = open(log, O_CREAT | O_WRONLY | O_APPEND, 0644);
		int in = open("/dev/null", O_RDWR);

		dup2(in, 0);
		dup2(in, 1);
		dup2(out, 2);
		execl(options->fuse_program, options->fuse_program, "-o", data, target, NULL);
		dprintf(2, "%s: %s\n", options->fuse_program, strerror(errno));
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status == 0 ? 0 : -EIO;
}

static int mount_and_open(
	struct side *side, const struct mount_options *options, char *data, char *target)
{
	char log[128];
	int r;

	snprintf(log, sizeof(log), "%s/log", side->name);
	if (side->backend == BACKEND_FUSE)
		r = run_program(options, data, target, log);
	else if (options->plain)
		return side->root = user_mount_overlay(data, target);
	else
		r = sys(mount("overlay", target, "overlay", 0, data));
	if (r < 0)
		return r;
	return side->root = sys(open(target, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

int side_mount(
	struct side *side, const char *scratch, int n_lowers, const struct mount_options *options)
{
	char data[OPTIONS_MAX], target[128];

	if (chdir(scratch) < 0)
		return -errno;
	side->index = !options->userns && options->options && strstr(options->options, "index=on");
	snprintf(target, sizeof(target), "%s/merged", side->name);
	side->plain = options->plain;
	mount_data(side, n_lowers, options, data);
	int r = mount_and_open(side, options, data, target);
	if (r < 0)
		return r;
	for (int i = 0; i < OP_SLOTS; i++)
		side->slots[i] = -1;
	return 0;
}

void side_close_slots(struct side *side)
{
	for (int i = 0; i < OP_SLOTS; i++) {
		cleanup_close(&side->slots[i]);
		side->slots[i] = -1;
	}
}

/* Unmounts a plain user's FUSE mount. A kernel mount of such a user ends with its descriptors. */
static int umount_of_user(const struct side *side, const char *target)
{
	return side->backend == BACKEND_FUSE ? user_umount(target) : 0;
}

int side_umount(struct side *side, const char *scratch)
{
	char target[128];

	if (chdir(scratch) < 0)
		return -errno;
	side_close_slots(side);
	cleanup_close(&side->root);
	side->root = -1;
	snprintf(target, sizeof(target), "%s/merged", side->name);
	int r = side->plain ? umount_of_user(side, target) : sys(umount2(target, 0));
	if (r < 0)
		return r;
	/* Wait for the daemon, which became a child of this process when its parent ended. */
	while (side->backend == BACKEND_FUSE && (wait(NULL) > 0 || errno == EINTR))
		;
	return 0;
}

int side_restack(struct side *side, const char *scratch)
{
	char upper[128], old[128];

	if (chdir(scratch) < 0)
		return -errno;
	snprintf(upper, sizeof(upper), "%s/upper", side->name);
	snprintf(old, sizeof(old), "%s/old%d", side->name, side->n_old++);
	return rename(upper, old) < 0 || mkdir(upper, 0755) < 0 ? -errno : 0;
}

int side_make(const struct side *side, const char *scratch)
{
	static const char *const names[] = { "", "/upper", "/work", "/merged" };

	if (chdir(scratch) < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s%s", side->name, names[i]);
		if (mkdir(path, 0755) < 0)
			return -errno;
	}
	return 0;
}
