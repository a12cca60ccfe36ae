/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/restore_metadata.h"

#include "common/archive/acl.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/starts_with.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/override.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/sysmacros.h>

#define CAPABILITY "security.capability"

/* Returns the low 32 bits of ID: engines do not check the number before chown(2), which takes 32
 * bits. -1 becomes root, since chown(2) would change nothing. */
static uint32_t id_of(int64_t id)
{
	const uint32_t low = (uint32_t)(uint64_t)id;

	return low == UINT32_MAX ? 0 : low;
}

/* Engines pass 12 bits of the major and 20 bits of the minor number to mknod(2), and drop the
 * rest. */
dev_t restore_device(struct archive_entry *entry)
{
	const dev_t high = archive_entry_rdevmajor(entry), low = archive_entry_rdevminor(entry);

	return makedev((unsigned int)(high & 0xfff), (unsigned int)(low & 0xfffff));
}

ssize_t restore_acl_of(struct archive_entry *entry, int type, char **ret, struct shale_error *err)
{
	ssize_t n = acl_of_entry(entry, type, ret);

	return n < 0 ? error_fail(err, (int)n, "read its access control list") : n;
}

int restore_stat(struct archive_entry *entry, struct stat *ret, struct shale_error *err)
{
	struct stat st = { .st_mode = archive_entry_mode(entry),
		.st_uid = id_of(archive_entry_uid(entry)),
		.st_gid = id_of(archive_entry_gid(entry)) };
	auto_free char *acl = NULL;

	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		st.st_rdev = restore_device(entry);
	/* libarchive puts the owning group's permissions where the mode has the ACL's mask. Take
	 * the mode from the ACL. */
	ssize_t n = restore_acl_of(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, &acl, err);
	if (n < 0)
		return (int)n;
	int mode = n > 0 ? acl_mode(acl, (size_t)n) : 0;
	if (n > 0 && mode >= 0)
		st.st_mode = (st.st_mode & ~0777u) | (mode_t)mode;
	*ret = st;
	return 0;
}

void restore_times(struct archive_entry *entry, struct timespec ret[2])
{
	ret[1] = (struct timespec){ archive_entry_mtime(entry), archive_entry_mtime_nsec(entry) };
	ret[0] = ret[1];
	if (archive_entry_atime_is_set(entry))
		ret[0] = (struct timespec){ archive_entry_atime(entry),
			archive_entry_atime_nsec(entry) };
}

static int set_mode(const struct restore_file *file, mode_t mode)
{
	char path[32];

	if (file->access == RESTORE_OPEN)
		return sys(fchmod(file->fd, mode));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
	return sys(chmod(path, mode));
}

static int set_owner(const struct restore_file *file, uid_t uid, gid_t gid)
{
	if (file->access == RESTORE_OPEN)
		return sys(fchown(file->fd, uid, gid));
	return sys(fchownat(file->dirfd, file->name, uid, gid, AT_SYMLINK_NOFOLLOW));
}

int restore_explain_id(int code, struct shale_error *err)
{
	if (code != -EINVAL && code != -EPERM)
		return code;
	return error_remedy(err, code,
		"the ids must be the process's: run as root, or extend /etc/subuid and "
		"/etc/subgid");
}

/* Changes owner and mode only where they differ: a stat costs less than a change, and most files
 * are right already. */
static int restore_inode(
	const struct restore_file *file, const struct stat *want, struct shale_error *err)
{
	struct stat st;
	int r = 0;

	if (file->now)
		st = *file->now;
	else
		r = sys(fstat(file->fd, &st));
	if (r < 0)
		return error_fail(err, r, "look at it");
	const bool chown = st.st_uid != want->st_uid || st.st_gid != want->st_gid;
	if (chown)
		r = set_owner(file, want->st_uid, want->st_gid);
	if (r < 0) {
		error_fail(err, r, "set its owner %u:%u", want->st_uid, want->st_gid);
		return restore_explain_id(r, err);
	}
	/* Changing the owner clears the setuid bits, so the mode comes after it. */
	if (S_ISLNK(want->st_mode) || (!chown && st.st_mode == want->st_mode))
		return 0;
	r = set_mode(file, want->st_mode & 07777);
	return r < 0 ? error_fail(err, r, "set its mode %04o", want->st_mode & 07777) : 0;
}

static int restore_override(
	const struct restore_file *file, const struct stat *want, struct shale_error *err)
{
	if (S_ISLNK(want->st_mode))
		return 0;
	int r = set_mode(file, 0700);
	if (r < 0)
		return error_fail(err, r, "set its mode");
	r = override_set(file->fd, want);
	return r < 0 ? error_fail(err, r, "keep its owner in " OVERRIDE_XATTR) : 0;
}

int restore_owner(const struct restore *restore, const struct restore_file *file,
	const struct stat *want, struct shale_error *err)
{
	if (restore->spec->ownership == OWNERSHIP_OVERRIDE)
		return restore_override(file, want, err);
	return restore_inode(file, want, err);
}

/* Finds the name on the disk for the xattr that the image calls NAME. */
static int name_on_disk(const struct restore *restore, const char *name,
	char ret[OVERLAY_XATTR_NAME_MAX + 1], struct shale_error *err)
{
	int r = strlen(name) > OVERLAY_XATTR_NAME_MAX ? -ERANGE : 0;

	if (r == 0 && restore->spec->ownership == OWNERSHIP_OVERRIDE) {
		if (override_is_reserved(name))
			return error_fail_plain(err, -EINVAL,
				"xattr '%s' has a meaning of its own on this host", name);
		r = override_name(name, ret);
		if (r > 0)
			return 0;
	}
	if (r == 0)
		r = xattr_escape(restore->spec->class, name, ret);
	return r < 0 ? error_fail(err, r, "xattr '%.300s'", name) : 0;
}

static bool is_known_to_linux(const char *name)
{
	return starts_with(name, "user.") || starts_with(name, "trusted.") ||
	       starts_with(name, "security.") || starts_with(name, "system.posix_acl_");
}

/* Tells whether an error only means that the file cannot have this xattr. Engines go on without
 * such xattrs too: user.* of a file that is neither regular nor a directory; the access ACL of a
 * link; in a user namespace those that only the host's root may set; those of other systems
 * (com.apple.*). */
static bool cannot_have_xattr(const struct restore *restore, int fd, const char *name, int code)
{
	struct stat st;

	if (code != -EPERM && code != -EOPNOTSUPP)
		return false;
	if (!is_known_to_linux(name))
		return true;
	if (code == -EPERM && restore->spec->class == XATTR_USER && !starts_with(name, "user."))
		return true;
	return fstat(fd, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

int restore_xattr(const struct restore *restore, int fd, const char *name, const void *value,
	size_t size, struct shale_error *err)
{
	char disk[OVERLAY_XATTR_NAME_MAX + 1];

	int r = name_on_disk(restore, name, disk, err);
	if (r < 0)
		return r;
	r = opath_xattr_set(fd, disk, value, size, 0);
	if (cannot_have_xattr(restore, fd, name, r)) {
		++*restore->skipped_xattrs;
		return 0;
	}
	if (r == 0)
		return 0;
	error_fail(err, r, "set xattr '%s'", disk);
	if (r == -EOPNOTSUPP)
		error_remedy(err, r, "the store's filesystem must support this xattr");
	if (r == -EINVAL && starts_with(disk, "system.posix_acl_"))
		restore_explain_id(r, err);
	if (r == -EPERM)
		error_remedy(err, r, "only a more privileged process may set it: run as root");
	return r;
}

/* Tells whether NAME is the default ACL. It is set when everything is unpacked, since files made in
 * the directory would inherit it. */
static bool is_for_later(const char *name)
{
	return !strcmp(name, ACL_DEFAULT);
}

static int restore_xattrs(const struct restore *restore, const struct restore_file *file,
	struct archive_entry *entry, struct shale_error *err)
{
	const char *name;
	const void *value, *capability = NULL;
	size_t size, capability_size = 0, total = 0;
	int r = 0;

	if ((size_t)archive_entry_xattr_count(entry) > restore->limits->xattrs)
		return error_fail_plain(
			err, -E2BIG, "it has more than %zu xattrs", restore->limits->xattrs);
	archive_entry_xattr_reset(entry);
	while (r >= 0 && archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
		if (xattr_is_host_label(name) && !restore->spec->keep_labels)
			continue;
		total += strlen(name) + size;
		if (total > restore->limits->xattr_bytes)
			return error_fail_plain(err, -E2BIG, "its xattrs hold more than %zu bytes",
				restore->limits->xattr_bytes);
		/* Set the capabilities last, because every other change of the file removes
		 * them. */
		if (!strcmp(name, CAPABILITY)) {
			/* skip an empty value: the kernel could not read it */
			if (size == 0)
				continue;
			capability = value;
			capability_size = size;
			continue;
		}
		if (!is_for_later(name))
			r = restore_xattr(restore, file->fd, name, value, size, err);
	}
	if (r >= 0 && capability)
		r = restore_xattr(restore, file->fd, CAPABILITY, capability, capability_size, err);
	return r;
}

static int restore_acl(const struct restore *restore, const struct restore_file *file,
	struct archive_entry *entry, struct shale_error *err)
{
	auto_free char *acl = NULL;
	ssize_t n = restore_acl_of(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, &acl, err);

	if (n <= 0)
		return (int)n;
	return restore_xattr(restore, file->fd, ACL_ACCESS, acl, (size_t)n, err);
}

/* Sets owner, mode, ACLs and other xattrs. */
static int restore_attributes(const struct restore *restore, const struct restore_file *file,
	const struct stat *want, struct archive_entry *entry, struct shale_error *err)
{
	int r = restore_owner(restore, file, want, err);

	if (r >= 0)
		r = restore_acl(restore, file, entry, err);
	if (r >= 0)
		r = restore_xattrs(restore, file, entry, err);
	return r;
}

int restore_metadata(const struct restore *restore, const struct restore_file *file,
	struct archive_entry *entry, struct shale_error *err)
{
	struct stat want;
	int r = restore_stat(entry, &want, err);

	return r < 0 ? r : restore_attributes(restore, file, &want, entry, err);
}

/* Chooses the stat with which to compare. For a hard link it is that of the file itself, which
 * exists already. */
static int stat_of_link(const struct restore *restore, const struct restore_file *file,
	struct archive_entry *entry, struct stat *ret_now, struct stat *ret,
	struct shale_error *err)
{
	struct stat now;
	int r = sys(fstat(file->fd, &now));

	*ret_now = now;
	if (r == 0 && restore->spec->ownership == OWNERSHIP_OVERRIDE)
		r = override_get(file->fd, &now);
	if (r < 0)
		return error_fail(err, r, "look at it");
	r = restore_stat(entry, ret, err);
	ret->st_mode = (now.st_mode & S_IFMT) | (ret->st_mode & 07777);
	ret->st_rdev = now.st_rdev;
	return r;
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static int restore_link_times(const struct restore_file *file, const struct stat *now,
	struct archive_entry *entry, struct shale_error *err)
{
	struct timespec times[2];

	restore_times(entry, times);
	if (S_ISLNK(now->st_mode) || is_same_time(&times[1], &now->st_mtim))
		return 0;
	int r = sys(utimensat(file->dirfd, file->name, times, AT_SYMLINK_NOFOLLOW));
	return r < 0 ? error_fail(err, r, "set its times") : 0;
}

int restore_link(const struct restore *restore, const struct restore_file *file,
	struct archive_entry *entry, struct shale_error *err)
{
	struct stat now, want, after;
	int r = stat_of_link(restore, file, entry, &now, &want, err);

	if (r >= 0)
		r = restore_attributes(restore, file, &want, entry, err);
	if (r >= 0)
		r = restore_link_times(file, &now, entry, err);
	if (r < 0)
		return r;
	if (fstat(file->fd, &after) < 0)
		return error_fail(err, -errno, "look at it");
	return !is_same_time(&after.st_ctim, &now.st_ctim);
}
