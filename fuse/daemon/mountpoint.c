/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/mountpoint.h"

#include "common/base/error.h"
#include "common/base/mountid.h"
#include "common/base/scope.h"

#define FUSE_USE_VERSION 312
#include <dirent.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <poll.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

struct mountpoint {
	struct fuse_session *session; /* libfuse's session, which holds the descriptor; NULL: the
					 mount was adopted */
	int device;                   /* descriptor of /dev/fuse of an adopted mount; -1: closed */
	char *target;
};

/* Adds the option NAME=VALUE, escaped for libfuse. QUOTED: adds quotes, which the kernel needs
 * around a value with commas. */
static int add_value(struct fuse_args *args, const char *name, const char *value, bool quoted)
{
	auto_free char *text = malloc(strlen(name) + 2 * strlen(value) + 8);

	if (!text)
		return -1;
	size_t n = (size_t)sprintf(text, "-o%s=%s", name, quoted ? "\"" : "");
	for (; *value; value++) {
		if (*value == ',' || *value == '\\')
			text[n++] = '\\';
		text[n++] = *value;
	}
	if (quoted)
		text[n++] = '"';
	text[n] = 0;
	return fuse_opt_add_arg(args, text);
}

/* Adds the flags of mount(8), such as nodev. Only root may set those that give a mount more
 * rights. */
static int add_mount_flags(const struct daemon_options *options, struct fuse_args *args)
{
	bool root = geteuid() == 0;
	const struct {
		bool wanted;
		const char *option;
	} flags[] = {
		{ root && !options->no_dev, "-odev" },
		{ options->no_dev, "-onodev" },
		{ root && !options->no_suid, "-osuid" },
		{ options->no_suid, "-onosuid" },
		{ options->no_exec, "-onoexec" },
		{ options->atime == ATIME_NEVER, "-onoatime" },
		{ options->sync, "-osync" },
		{ options->dirsync, "-odirsync" },
		{ options->read_only, "-oro" },
		{ root || options->allow_other, "-oallow_other" },
		{ !root && options->allow_root && !options->allow_other, "-oallow_root" },
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (flags[i].wanted)
			r |= fuse_opt_add_arg(args, flags[i].option);
	return r;
}

/* Whether the kernel has SELinux. Without it the kernel refuses the option context, so leave it
 * out, as mount(8) does. */
static bool has_selinux(void)
{
	return access("/sys/fs/selinux", F_OK) == 0;
}

static int make_args(const struct daemon_options *options, struct fuse_args *args)
{
	int r = fuse_opt_add_arg(args, "shale-fuse") |
		fuse_opt_add_arg(args, "-odefault_permissions");

	r |= add_value(args, "fsname", options->fsname ? options->fsname : "shale-fuse", false);
	r |= add_value(args, "subtype", options->subtype ? options->subtype : "shale-fuse", false);
	r |= add_mount_flags(options, args);
	if (options->context && has_selinux())
		r |= add_value(args, "context", options->context, true);
	return r ? -ENOMEM : 0;
}

static struct fuse_session *make_session(const struct daemon_options *options)
{
	static const struct fuse_lowlevel_ops none;
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct fuse_session *session = NULL;

	if (make_args(options, &args) == 0)
		session = fuse_session_new(&args, &none, sizeof(none), NULL);
	fuse_opt_free_args(&args);
	return session;
}

/* Returns the flags for mount(2): those of OPTIONS, and those that the mount already has. HAS holds
 * the latter, as ST_... bits of statvfs(3). */
static unsigned long flags_of(const struct daemon_options *options, unsigned long has)
{
	const struct {
		bool wanted;
		unsigned long shown, flag;
	} flags[] = {
		{ options->no_dev, ST_NODEV, MS_NODEV },
		{ options->no_suid, ST_NOSUID, MS_NOSUID },
		{ options->no_exec, ST_NOEXEC, MS_NOEXEC },
		{ options->atime == ATIME_NEVER, options->names_atime ? 0 : ST_NOATIME,
			MS_NOATIME },
		{ options->names_atime && options->atime == ATIME_RELATIVE, 0, MS_RELATIME },
		{ options->atime == ATIME_STRICT, 0, MS_STRICTATIME },
		{ options->no_dir_atime, ST_NODIRATIME, MS_NODIRATIME },
		{ options->sync, ST_SYNCHRONOUS, MS_SYNCHRONOUS },
		{ options->dirsync, 0, MS_DIRSYNC },
		{ options->read_only, 0, MS_RDONLY },
	};
	unsigned long all = MS_REMOUNT;

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (flags[i].wanted || has & flags[i].shown)
			all |= flags[i].flag;
	return all;
}

int mountpoint_remount(
	const struct daemon_options *options, const char *target, struct shale_error *err)
{
	struct statvfs st;

	if (statvfs(target, &st) < 0 ||
		mount("none", target, NULL, flags_of(options, st.f_flag), NULL) < 0)
		return error_fail(err, -errno, "change the mount at '%s'", target);
	return 0;
}

int mountpoint_open(const struct daemon_options *options, const char *target,
	struct mountpoint **ret, struct shale_error *err)
{
	struct mountpoint *mountpoint = calloc(1, sizeof(*mountpoint));

	if (!mountpoint)
		return error_fail(err, -ENOMEM, "mount FUSE at '%s'", target);
	mountpoint->session = make_session(options);
	if (!mountpoint->session) {
		free(mountpoint);
		return error_fail_plain(err, -EINVAL, "make mount options");
	}
	if (fuse_session_mount(mountpoint->session, target) < 0) {
		fuse_session_destroy(mountpoint->session);
		free(mountpoint);
		error_remedy(err, 0,
			"Is /dev/fuse there, readable and writable, and fusermount3 installed?");
		return error_fail_plain(err, -EPERM, "mount FUSE at '%s'", target);
	}
	*ret = mountpoint;
	return 0;
}

int mountpoint_adopt(
	int device, const char *target, struct mountpoint **ret, struct shale_error *err)
{
	struct mountpoint *mountpoint = calloc(1, sizeof(*mountpoint));

	if (mountpoint)
		mountpoint->target = strdup(target);
	if (!mountpoint || !mountpoint->target) {
		free(mountpoint);
		return error_fail(err, -ENOMEM, "take over the mount at '%s'", target);
	}
	mountpoint->device = device;
	*ret = mountpoint;
	return 0;
}

static bool is_unmounted(int device)
{
	struct pollfd fd = { .fd = device };

	return poll(&fd, 1, 0) == 1 && fd.revents & POLLERR;
}

static void unmount_by_helper(const char *target)
{
	pid_t child = fork();

	if (child == 0) {
		execlp("fusermount3", "fusermount3", "-u", "-q", "-z", "--", target, NULL);
		_exit(127);
	}
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

static void unmount(const char *target)
{
	if (umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno == EPERM)
		unmount_by_helper(target);
}

/* Close the connection first, so that processes in the mount get an error and do not wait for
 * ever. */
void mountpoint_take_away(int device, const char *target)
{
	bool gone = device < 0 || is_unmounted(device);

	if (device >= 0)
		close(device);
	if (!gone)
		unmount(target);
}

uint64_t mountpoint_id(const char *target)
{
	auto_close int fd = sys(open(target, O_PATH | O_DIRECTORY | O_CLOEXEC));

	return fd < 0 ? 0 : mount_unique_id(fd);
}

void mountpoint_close_devices(void)
{
	const dev_t fuse = makedev(10, 229);
	auto_closedir DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	struct stat st;

	while (dir && (entry = readdir(dir))) {
		int fd = atoi(entry->d_name);
		if (fd <= STDERR_FILENO || fstat(fd, &st) < 0)
			continue;
		if (S_ISSOCK(st.st_mode) || (S_ISCHR(st.st_mode) && st.st_rdev == fuse))
			close(fd);
	}
}

void mountpoint_take_dead(const char *target, uint64_t before)
{
	uint64_t id = mountpoint_id(target);
	struct statfs st;

	if ((!id || id != before) && statfs(target, &st) < 0 && errno == ENOTCONN)
		unmount(target);
}

int mountpoint_fd(const struct mountpoint *mountpoint)
{
	if (!mountpoint->session)
		return mountpoint->device;
	return fuse_session_fd(mountpoint->session);
}

void mountpoint_unmount(struct mountpoint *mountpoint)
{
	if (mountpoint->session) {
		fuse_session_unmount(mountpoint->session);
		return;
	}
	mountpoint_take_away(mountpoint->device, mountpoint->target);
	mountpoint->device = -1;
}

void mountpoint_close(struct mountpoint *mountpoint)
{
	if (!mountpoint)
		return;
	mountpoint_unmount(mountpoint);
	if (mountpoint->session)
		fuse_session_destroy(mountpoint->session);
	free(mountpoint->target);
	free(mountpoint);
}
