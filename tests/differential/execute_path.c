/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/execute.h"

#include "common/base/scope.h"
#include "common/overlay/overlay_xattr.h"
#include "tests/differential/credentials.h"
#include "tests/differential/listing.h"
#include "tests/differential/result.h"
#include "tests/differential/xattrs.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

static void run_stat(const char *path, FILE *out)
{
	struct stat st;

	if (!print_result(out, lstat(path, &st)))
		return;
	fputc(' ', out);
	print_attributes(out, &st, true);
}

/* Opens the directory as the user, but reads it as root: the comparison must not depend on the
 * user's rights. */
static void run_readdir(const char *path, FILE *out)
{
	auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (!print_result(out, fd))
		return;
	credentials_drop();
	listing_print(fd, out);
}

/* The fields of statfs to compare. The others depend on the filesystem below, or on the kind of
 * mount. */

static void run_statfs(const char *path, FILE *out)
{
	struct statvfs st;

	if (!print_result(out, statvfs(path, &st)))
		return;
	fprintf(out, " block=%lu/%lu names=%lu blocks=%llu files=%llu%s", st.f_bsize, st.f_frsize,
		st.f_namemax, (unsigned long long)st.f_blocks, (unsigned long long)st.f_files,
		st.f_flag & ST_RDONLY ? " ro" : "");
}

static void run_readlink(const char *path, FILE *out)
{
	char target[4096];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (print_result(out, n))
		fprintf(out, " %.*s", (int)n, target);
}

static void run_readfile(const char *path, FILE *out)
{
	struct stat st;
	char buffer[16384];
	uint64_t hash = HASH_START;
	int64_t size = 0;
	ssize_t n;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		fprintf(out, "is %c", type_letter(st.st_mode));
		return;
	}
	auto_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (!print_result(out, fd))
		return;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
		hash = hash_bytes(hash, buffer, (size_t)n);
		size += n;
	}
	if (n < 0)
		fprintf(out, " %s", errno_word(errno));
	fprintf(out, " bytes=%lld hash=%016llx", (long long)size, (unsigned long long)hash);
}

static void run_utimens(const struct op *op, const char *path, FILE *out)
{
	struct timespec times[2];

	op_times(op, times);
	print_result(out, utimensat(AT_FDCWD, path, times, (int)op->flags));
}

static void run_setxattr(const struct op *op, const char *path, FILE *out)
{
	uint8_t value[XATTR_VALUE_MAX];
	size_t size = xattr_from_hex(op->value, value);

	print_result(out, lsetxattr(path, op->name, value, size, (int)op->flags));
}

static void run_getxattr(const struct op *op, const char *path, FILE *out)
{
	uint8_t value[XATTR_VALUE_MAX];
	char hex[2 * XATTR_VALUE_MAX + 1];
	size_t room = op->length ? (size_t)op->length : sizeof(value);
	ssize_t n = lgetxattr(path, op->name, value, room);

	if (!print_result(out, n))
		return;
	xattr_to_hex(value, (size_t)n, hex);
	fprintf(out, " %s", hex);
}

static void run_listxattr(const struct op *op, const char *path, FILE *out)
{
	char names[4096];
	struct stat st;
	/* With a small buffer do not compare a directory: hidden names need room, too, and its
	 * impure mark may differ. */
	bool whole = !op->length || lstat(path, &st) < 0 || S_ISDIR(st.st_mode);
	ssize_t n = llistxattr(path, names, whole ? sizeof(names) : (size_t)op->length);

	if (print_result(out, n))
		listing_print_names(names, (size_t)n, out);
}

/* Sets two flags, and leaves the others as they are, like chattr(1): to remove the extents flag
 * ext4 would rewrite the file. */
static int set_flags(int fd, int wanted)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return -1;
	flags = (flags & ~(FS_NODUMP_FL | FS_NOATIME_FL)) | wanted;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

static void run_flags(const struct op *op, const char *path, FILE *out)
{
	struct stat st;
	int flags;

	if (lstat(path, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
		fputs("has no flags", out);
		return;
	}
	auto_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (!print_result(out, fd))
		return;
	if (op->kind == OP_SETFLAGS) {
		fputc(' ', out);
		print_result(out, set_flags(fd, (int)op->flags));
	}
	fputc(' ', out);
	if (print_result(out, ioctl(fd, FS_IOC_GETFLAGS, &flags)))
		fprintf(out, " %x", flags & (FS_NODUMP_FL | FS_NOATIME_FL | FS_IMMUTABLE_FL));
}

static int run_chmod(const struct op *op, const char *path)
{
	struct stat st;

	/* If the path is a symbolic link to a device, this changes the mode of the device, which is
	 * in the mount too. */
	if (stat(path, &st) < 0)
		return -1;
	return chmod(path, execute_mode(op, &st));
}

static void run_reading(const struct op *op, const char *path, FILE *out)
{
	if (op->kind == OP_STAT)
		run_stat(path, out);
	else if (op->kind == OP_ACCESS)
		print_result(out, faccessat(AT_FDCWD, path, (int)op->mode, AT_EACCESS));
	else if (op->kind == OP_READDIR)
		run_readdir(path, out);
	else if (op->kind == OP_STATFS)
		run_statfs(path, out);
	else if (op->kind == OP_READLINK)
		run_readlink(path, out);
	else if (op->kind == OP_READFILE)
		run_readfile(path, out);
	else if (op->kind == OP_GETXATTR)
		run_getxattr(op, path, out);
	else if (op->kind == OP_LISTXATTR)
		run_listxattr(op, path, out);
	else if (op->kind == OP_GETFLAGS)
		run_flags(op, path, out);
}

/* Whether the operation names one file twice, which the kernel takes for two files there:
 * allowed.h. */
static bool is_lost_to_kernel(const char *path, const struct op *op)
{
	struct stat from, to;

	if (xattr_class_of_process() != XATTR_USER || lstat(path, &from) < 0)
		return false;
	if (op->kind == OP_LINK)
		return !S_ISREG(from.st_mode) && !S_ISDIR(from.st_mode);
	return from.st_nlink > 1 && !S_ISDIR(from.st_mode) && lstat(op->path2, &to) == 0 &&
	       to.st_nlink > 1 && !S_ISDIR(to.st_mode);
}

static int make_or_move(const struct op *op, const char *path)
{
	if ((op->kind == OP_LINK || op->kind == OP_RENAME) && is_lost_to_kernel(path, op)) {
		errno = ENOSYS;
		return -1;
	}
	switch (op->kind) {
	case OP_MKDIR:
		return mkdir(path, (mode_t)op->mode);
	case OP_RMDIR:
		return rmdir(path);
	case OP_UNLINK:
		return unlink(path);
	case OP_RENAME:
		return renameat2(AT_FDCWD, path, AT_FDCWD, op->path2, (unsigned)op->flags);
	case OP_LINK:
		return linkat(AT_FDCWD, path, AT_FDCWD, op->path2, (int)op->flags);
	case OP_SYMLINK:
		return symlink(op->value, path);
	case OP_MKNOD:
		return mknod(
			path, (mode_t)op->mode, makedev((unsigned)op->major, (unsigned)op->minor));
	case OP_CHMOD:
		return run_chmod(op, path);
	case OP_CHOWN:
		return fchownat(AT_FDCWD, path, (uid_t)op->uid, (gid_t)op->gid, (int)op->flags);
	case OP_TRUNCATE:
		return truncate(path, op->length);
	case OP_REMOVEXATTR:
		return lremovexattr(path, op->name);
	default:
		errno = ENOSYS;
		return -1;
	}
}

void execute_path(struct side *side, const struct op *op, FILE *out)
{
	const char *path = *op->path ? op->path : ".";

	switch (op->kind) {
	case OP_STAT:
	case OP_ACCESS:
	case OP_READDIR:
	case OP_STATFS:
	case OP_READLINK:
	case OP_READFILE:
	case OP_GETXATTR:
	case OP_LISTXATTR:
	case OP_GETFLAGS:
		run_reading(op, path, out);
		break;
	case OP_UTIMENS:
		run_utimens(op, path, out);
		break;
	case OP_SETFLAGS:
		run_flags(op, path, out);
		break;
	case OP_SETXATTR:
		run_setxattr(op, path, out);
		break;
	default:
		print_result(out, make_or_move(op, path));
	}
}
