/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/project_quota.h"

#include "common/base/scope.h"
#include "common/base/error.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/quota.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define PROJECTS   2u       /* PRJQUOTA, the kind of quota, which glibc's header lacks */
#define LOWEST     0x100000 /* smaller project numbers are left to administrators */
#define TRIES      64
#define UNIT       1024 /* bytes: the unit in which limits are set */
#define DEPTH_MOST 64

static int quota_call(unsigned int what, int fd, uint32_t project, struct dqblk *quota)
{
	return sys((int)syscall(SYS_quotactl_fd, fd, QCMD(what, PROJECTS), project, quota));
}

static int get_project(int fd, uint32_t *ret)
{
	struct fsxattr attr;
	int r = sys(ioctl(fd, FS_IOC_FSGETXATTR, &attr));

	if (r == 0)
		*ret = attr.fsx_projid;
	return r;
}

/* Puts the file or directory FD into the project. New files in a directory inherit the project by a
 * flag. */
static int set_project(int fd, uint32_t project)
{
	struct fsxattr attr;
	int r = sys(ioctl(fd, FS_IOC_FSGETXATTR, &attr));
	struct stat st;

	if (r == 0)
		r = sys(fstat(fd, &st));
	if (r < 0 || attr.fsx_projid == project)
		return r;
	attr.fsx_projid = project;
	if (S_ISDIR(st.st_mode))
		attr.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	return sys(ioctl(fd, FS_IOC_FSSETXATTR, &attr));
}

/* Opens an entry of a directory. Returns -ENODATA for a type of file that no call can put into a
 * project. */
static int open_entry(int dirfd, const char *name, bool *ret_directory)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	*ret_directory = S_ISDIR(st.st_mode);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return -ENODATA;
	return sys(openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
}

/* Puts the tree FD into the project, and takes FD over. Needed for files that were written through
 * the other backend. */
static int set_tree(int fd, uint32_t project, unsigned int depth)
{
	auto_closedir DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int r = dir && depth < DEPTH_MOST ? set_project(fd, project) : -E2BIG;

	if (!dir)
		close(fd);
	while (r == 0 && (entry = readdir(dir))) {
		bool directory = false;
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		auto_close int child = open_entry(fd, entry->d_name, &directory);
		if (child == -ENODATA)
			continue;
		if (child < 0)
			return child;
		r = directory ? set_tree(steal_fd(&child), project, depth + 1)
			      : set_project(child, project);
	}
	return r;
}

static int open_dir(int dirfd, const char *name)
{
	return sys(openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* Finds a project number that has no files and no limit. */
static int find_project(int fd, uint32_t *ret)
{
	for (int i = 0; i < TRIES; i++) {
		struct dqblk quota = { 0 };
		uint32_t project;

		if (getrandom(&project, sizeof(project), 0) != sizeof(project))
			return -EIO;
		project = (project & INT32_MAX) | LOWEST;
		int r = quota_call(Q_GETQUOTA, fd, project, &quota);
		if (r < 0 && r != -ENOENT && r != -ESRCH)
			return r;
		if (r < 0 ||
			(!quota.dqb_curinodes && !quota.dqb_curspace && !quota.dqb_bhardlimit)) {
			*ret = project;
			return 0;
		}
	}
	return -EAGAIN;
}

/* Sets the limit. Does this before files belong to the project, so that it holds for the first
 * file. */
static int limit(int upper, int work, uint64_t bytes)
{
	struct dqblk quota = { .dqb_bhardlimit = (bytes + UNIT - 1) / UNIT,
		.dqb_bsoftlimit = (bytes + UNIT - 1) / UNIT,
		.dqb_valid = QIF_BLIMITS };
	uint32_t project = 0, of_work = 0;
	int r = get_project(upper, &project);

	if (r == 0)
		r = get_project(work, &of_work);
	if (r < 0)
		return r;
	bool fresh = project < LOWEST;
	if (fresh)
		r = find_project(upper, &project);
	if (r == 0)
		r = quota_call(Q_SETQUOTA, upper, project, &quota);
	if (r == 0 && (fresh || of_work != project))
		r = set_tree(sys(dup(work)), project, 0);
	if (r == 0 && fresh)
		r = set_tree(sys(dup(upper)), project, 0);
	return r;
}

int project_quota_limit(
	int home, const char *upper, const char *work, uint64_t bytes, struct shale_error *err)
{
	auto_close int upper_fd = open_dir(home, upper);
	auto_close int work_fd = open_dir(home, work);

	if (upper_fd < 0 || work_fd < 0)
		return error_fail(err, upper_fd < 0 ? upper_fd : work_fd, "open '%s'", upper);
	int r = limit(upper_fd, work_fd, bytes);
	if (r == 0)
		return 0;
	if (r == -ENOTTY || r == -ESRCH || r == -ENOSYS || r == -ENOTSUP)
		r = error_fail_plain(
			err, -EOPNOTSUPP, "the filesystem of HOME keeps no project quotas");
	error_remedy(err, r, "use the FUSE backend (--backend fuse)");
	return error_fail(err, r, "limit '%s' to %llu bytes", upper, (unsigned long long)bytes);
}
