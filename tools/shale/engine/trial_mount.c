/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/engine/trial_mount.h"

#include "common/base/scope.h"
#include "tools/shale/engine/program.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* ---- a mount by the store ---- */

static int write_into(const char *dir, struct shale_error *err)
{
	auto_free char *path = NULL;

	if (asprintf(&path, "%s/trial", dir) < 0) {
		path = NULL;
		return cli_fail(err, -ENOMEM, "trial");
	}
	auto_close int fd = sys(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	if (fd >= 0 && write(fd, "trial\n", 6) == 6)
		return 0;
	return cli_fail(err, fd < 0 ? fd : -EIO, "write '%.200s'", path);
}

static int use_layer(struct cli *cli, const char *id)
{
	auto_free char *path = NULL;
	int r = shale_layer_get(cli->store, id, NULL, &path, &cli->err);

	if (r < 0)
		return r;
	r = write_into(path, &cli->err);
	int put = shale_layer_put(cli->store, id, NULL, r < 0 ? NULL : &cli->err);
	return r < 0 ? r : put;
}

int trial_store(struct cli *cli)
{
	char lower[64], upper[64];
	struct shale_layer_options options = { .size = sizeof(options) };

	if (!cli_open(cli))
		return cli->err.code;
	snprintf(lower, sizeof(lower), "engine-trial-%d", (int)getpid());
	snprintf(upper, sizeof(upper), "engine-trial-%d-rw", (int)getpid());
	int r = shale_layer_create(cli->store, lower, &options, &cli->err);
	if (r < 0)
		return r;
	options.parent = lower;
	options.flags = SHALE_CREATE_RW;
	r = shale_layer_create(cli->store, upper, &options, &cli->err);
	if (r >= 0) {
		r = use_layer(cli, upper);
		(void)shale_layer_remove(cli->store, upper, NULL, NULL);
	}
	(void)shale_layer_remove(cli->store, lower, NULL, NULL);
	return r < 0 ? r : 0;
}

/* ---- a mount by a mount program ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

static int make_directories(const char *dir)
{
	static const char *const names[] = { "lower", "upper", "work", "merged" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (mkdir(path, 0700) < 0)
			return -errno;
	}
	return 0;
}

/* Unmounts a trial. A plain user's mount needs fusermount3. */
static int take_away(const char *merged, struct shale_error *err)
{
	const char *argv[] = { NULL, "-u", merged, NULL };
	char program[PATH_MAX], output[1024];

	if (umount2(merged, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		return 0;
	if (!program_find("fusermount3", program))
		return cli_fail(err, -ENOENT, "fusermount3, of the package fuse3");
	argv[0] = program;
	if (program_run(argv, output, sizeof(output)) == 0)
		return 0;
	return cli_fail(err, -EBUSY, "unmount '%.200s': %.200s", merged, output);
}

static int mount_and_use(const char *program, const char *dir, struct shale_error *err)
{
	auto_free char *options = NULL, *merged = NULL;
	char output[1024];

	if (asprintf(&options, "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", dir, dir,
		    dir) < 0 ||
		asprintf(&merged, "%s/merged", dir) < 0)
		return cli_fail(err, -ENOMEM, "trial");
	const char *argv[] = { program, "-o", options, merged, NULL };
	int r = program_run(argv, output, sizeof(output));
	output[strcspn(output, "\n")] = '\0';
	if (r != 0) {
		err->code = r < 0 ? r : -EIO;
		snprintf(err->text, sizeof(err->text), "%.200s: %.400s", program,
			r < 0 ? strerror(-r) : output);
		return err->code;
	}
	r = write_into(merged, err);
	int taken = take_away(merged, err);
	return r < 0 ? r : taken;
}

int trial_mount_program(const char *program, const char *below, struct shale_error *err)
{
	char dir[PATH_MAX - 64];
	int n = snprintf(dir, sizeof(dir), "%s/shale-trial.XXXXXX", below);

	if ((size_t)n >= sizeof(dir) || !mkdtemp(dir))
		return cli_fail(err, -errno, "make a directory in '%.200s'", below);
	int r = make_directories(dir);
	if (r < 0)
		cli_fail(err, r, "make directories in '%.200s'", dir);
	else
		r = mount_and_use(program, dir, err);
	/* FTW_MOUNT: stay out of a trial mount that could not be unmounted. */
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	return r;
}
