/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/backend.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/fdrange.h"
#include "common/base/mountid.h"
#include "common/base/mountplace.h"
#include "common/base/mount_users.h"
#include "common/overlay/whiteout.h"
#include "common/base/worklock.h"
#include "fuse/backend/launch.h"
#include "fuse/backend/mount_snapshot.h"
#include "fuse/backend/mount_stats.h"
#include "fuse/backend/mount_upgrade.h"
#include "fuse/backend/trial_record.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define DETACH_MOST 3000 /* ms: how long to wait for the child that detaches a mount */

/* A plain user cannot unmount a mount that fusermount3 made, so let fusermount3 unmount it. */
static int umount_by_helper(const struct mounted *mounted, const char *how)
{
	auto_free char *now = mounted->id ? mount_point_of(mounted->id) : NULL;
	const char *target = now ? now : mounted->target;
	pid_t child = fork();
	int status;

	if (child < 0)
		return -errno;
	if (child == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		dup2(null, STDERR_FILENO);
		execlp("fusermount3", "fusermount3", how, "--", target, NULL);
		_exit(127);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EBUSY;
}

static int fuse_umount(const struct mounted *mounted, struct shale_error *err)
{
	const char *target = mounted->target;
	int r = mountplace_umount(target, mounted->id, 0);

	if (r == -EPERM)
		r = umount_by_helper(mounted, "-u");
	if (r == -EBUSY)
		return mount_users_fail(r, target, err);
	if (r < 0)
		return error_fail(err, r, "unmount '%s'", target);
	return daemon_wait_end(mounted) ? 0 : 1;
}

static int detach_now(const struct mounted *mounted)
{
	int r = mountplace_umount(mounted->target, mounted->id, MNT_DETACH);

	return r == -EPERM ? umount_by_helper(mounted, "-uz") : r;
}

/* The child process closes every descriptor of the caller: one may be a lock, or a pipe whose
 * reader waits for its end. Then it detaches the mount, and writes the result to TO. */
static void detach_and_tell(const struct mounted *mounted, int to)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	to = dup2(to, STDERR_FILENO + 1);
	fdrange_close(STDERR_FILENO + 2, ~0u);
	int r = detach_now(mounted);
	_exit(write(to, &r, sizeof(r)) != sizeof(r));
}

/* Detaches the mount in a child process, whose end nobody waits for: the kernel writes dirty pages
 * back at the unmount, and if the daemon hangs that never ends. */
static int detach_in_background(const struct mounted *mounted, int *ret_from)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	auto_close int from = ends[0];
	auto_close int to = ends[1];
	child = fork();
	if (child < 0)
		return -errno;
	if (child == 0) {
		if (fork() == 0)
			detach_and_tell(mounted, to);
		_exit(0);
	}
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	*ret_from = steal_fd(&from);
	return 0;
}

static bool is_mount_point(const char *target)
{
	struct statx stx;

	return statx(AT_FDCWD, target, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_TYPE,
		       &stx) == 0 &&
	       (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

static int fuse_detach(const struct mounted *mounted, struct shale_error *err)
{
	auto_close int from = -1;
	int answer = -EIO, r = detach_in_background(mounted, &from);
	struct pollfd told = { .fd = from, .events = POLLIN };

	if (r == 0 && poll(&told, 1, DETACH_MOST) == 1)
		r = read(from, &answer, sizeof(answer)) == sizeof(answer) ? answer : -EIO;
	else if (r == 0 && is_mount_point(mounted->target))
		r = -ETIMEDOUT;
	return r < 0 ? error_fail(err, r, "detach '%s'", mounted->target) : 0;
}

/* UPPER is in use if a daemon holds the lock of WORK: it holds the lock until its mount has no user
 * left. */
static enum life fuse_upper_life(int home, const char *upper, const char *work)
{
	return worklock_life(home, work);
}

static int fuse_stop_daemon(const struct mounted *mounted, struct shale_error *err)
{
	auto_close int daemon = daemon_of_mount(mounted);
	int r = 0;

	if (daemon >= 0)
		r = sys((int)syscall(SYS_pidfd_send_signal, daemon, SIGTERM, NULL, 0));
	if (r < 0 && r != -ESRCH)
		return error_fail(err, r, "stop the daemon of '%s'", mounted->target);
	if (daemon_wait_end(mounted))
		return 0;
	return error_fail(err, -EBUSY, "stop the daemon of '%s'", mounted->target);
}

/* A trial mount of two lower layers, in which one of their files is removed. */
struct trial {
	int dir; /* a directory in HOME/staging */
	char path[4096 + 64];
};

static int make_trial(int home, const char *home_path, struct trial *ret)
{
	static const char *const dirs[] = { "lower1", "lower2", "upper", "work", "merged" };
	int r = 0;

	snprintf(ret->path, sizeof(ret->path), "%s/staging/probe-fuse-%d", home_path, getpid());
	if (mkdir(ret->path, 0700) < 0)
		return -errno;
	ret->dir = sys(open(ret->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (ret->dir < 0)
		return ret->dir;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs) && r == 0; i++)
		r = sys(mkdirat(ret->dir, dirs[i], 0755));
	if (r == 0)
		r = sys(mknodat(ret->dir, "lower2/file", S_IFREG | 0644, 0));
	return r;
}

static void remove_trial(const struct trial *trial)
{
	static const struct {
		const char *name;
		int flags;
	} all[] = { { "upper/file", 0 }, { "lower2/file", 0 }, { "work/work", AT_REMOVEDIR },
		{ "lower1", AT_REMOVEDIR }, { "lower2", AT_REMOVEDIR }, { "upper", AT_REMOVEDIR },
		{ "work", AT_REMOVEDIR }, { "merged", AT_REMOVEDIR } };

	for (size_t i = 0; trial->dir >= 0 && i < sizeof(all) / sizeof(*all); i++)
		unlinkat(trial->dir, all[i].name, all[i].flags);
	close(trial->dir);
	rmdir(trial->path);
}

static int try_mount(const struct trial *trial, const char *run_path, struct shale_error *err)
{
	static const char *const lowers[] = { "lower1", "lower2" };
	char target[sizeof(trial->path) + 16];
	struct stat st;

	auto_close int run = sys(open(run_path, O_PATH | O_DIRECTORY | O_CLOEXEC));

	snprintf(target, sizeof(target), "%s/merged", trial->path);
	struct mounted mounted = { .target = target, .run = run };
	snprintf(mounted.witness, sizeof(mounted.witness), ".probe-%d", (int)gettid());
	struct mount_spec spec = { .home = trial->dir,
		.home_path = trial->path,
		.run_path = run_path,
		.id = "probe",
		.witness = mounted.witness,
		.lowers = lowers,
		.n_lowers = 2,
		.upper = "upper",
		.work = "work",
		.target = target };
	int r = daemon_start(&spec, err);
	if (r < 0)
		return r;
	r = sys(unlinkat(trial->dir, "merged/file", 0));
	int ended = fuse_umount(&mounted, err);
	if (r < 0 || ended < 0)
		return r < 0 ? error_fail(err, r, "remove a file in a trial mount") : ended;
	if (fstatat(trial->dir, "upper/file", &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		!stat_is_whiteout(&st))
		return error_fail_plain(err, -EOPNOTSUPP, "a trial mount left no whiteout");
	return 0;
}

static int try_once(int home, const char *home_path, const char *run_path, struct shale_error *why)
{
	struct trial trial = { .dir = -1 };

	if (trial_record_holds(home, run_path))
		return 0;
	/* Open the device first: its error explains more than that of a failed trial mount. */
	auto_close int device = sys(open("/dev/fuse", O_RDWR | O_CLOEXEC));
	if (device < 0)
		return error_fail(why, device, "open '/dev/fuse'");
	int r = make_trial(home, home_path, &trial);
	r = r < 0 ? error_fail(why, r, "make '%s'", trial.path) : try_mount(&trial, run_path, why);
	remove_trial(&trial);
	if (r == 0)
		trial_record_keep(home, run_path);
	return r;
}

static int fuse_probe(int home, const char *home_path, const char *run_path, shale_feature_fn *fn,
	void *arg, struct shale_error *err)
{
	struct shale_error why = { 0 };
	int r = try_once(home, home_path, run_path, &why);

	if (r < 0)
		error_remedy(&why, r,
			"load the module `fuse`, let this user open /dev/fuse, and install "
			"fusermount3 unless it is root");
	char reason[sizeof(why.text) + sizeof(why.remedy) + 2];
	snprintf(reason, sizeof(reason), "%s%s%s", r < 0 ? why.text : "a trial mount passed",
		why.remedy[0] ? "; " : "", why.remedy);
	struct shale_feature feature = { .name = "fuse", .works = r == 0, .reason = reason };
	int told = fn ? fn(&feature, arg) : 0;
	if (r < 0 && err)
		*err = why;
	return told ? told : r == 0;
}

static int fuse_snapshot(const char *target, uint64_t *ret_pause, struct shale_error *err)
{
	struct mount_snapshot answer = { 0 };
	int r = mount_snapshot(target, &answer, err);

	*ret_pause = answer.pause;
	return r;
}

const struct backend_ops backend_fuse = {
	.name = "fuse",
	.fs_type = "fuse.shale-fuse",
	.gives = { "", "", "", "" },
	.probe = fuse_probe,
	.mount = daemon_start,
	.umount = fuse_umount,
	.detach = fuse_detach,
	.upper_life = fuse_upper_life,
	.stop_daemon = fuse_stop_daemon,
	.stats = mount_stats_ask,
	.upgrade = mount_upgrade,
	.snapshot = fuse_snapshot,
};
