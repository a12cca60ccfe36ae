/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A filesystem that shows a directory, and lacks features of the filesystem below it:
 *
 *	poorfs [-o LACK[+LACK]...] SOURCE DIR
 *
 * It works by paths, as bindfs, mergerfs, encfs and their kin do: a file that has lost its name is
 * gone, and a second name of a file leads to another inode.
 */
#define FUSE_USE_VERSION 31
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

enum lack {
	NO_RENAME_FLAGS = 1,      /* renameat2(2) with a flag: EINVAL */
	IGNORES_RENAME_FLAGS = 2, /* renameat2(2) ignores a flag */
	NO_EXCHANGE = 4,
	NO_WHITEOUT_RENAME = 8,
	NO_LINKS = 16,
	MADE_UP_NUMBERS = 32, /* each lookup makes up another inode number */
	NO_XATTRS = 64,
	NO_DEVICES = 128,
	NO_TYPES = 256, /* readdir reports no file types */
	NO_FALLOCATE = 512,
	PATH_NUMBERS = 1024,    /* inode numbers are hashes of paths */
	IGNORES_ACLS = 2048,    /* stores an ACL, but does not change the mode */
	FOLLOWS_LINKS = 4096,   /* changes owners and times of the target of a symbolic link */
	IGNORES_SIZE = 8192,    /* a truncate to the same size changes no times */
	NO_XATTR_LISTS = 16384, /* xattrs are kept, but no list names them */
};

static const struct {
	const char *name;
	enum lack lack;
} lacks_known[] = {
	{ "rename-flags", NO_RENAME_FLAGS },
	{ "honest-rename-flags", IGNORES_RENAME_FLAGS },
	{ "exchange", NO_EXCHANGE },
	{ "whiteout-rename", NO_WHITEOUT_RENAME },
	{ "links", NO_LINKS },
	{ "own-numbers", MADE_UP_NUMBERS },
	{ "stable-numbers", PATH_NUMBERS },
	{ "xattrs", NO_XATTRS },
	{ "devices", NO_DEVICES },
	{ "types", NO_TYPES },
	{ "fallocate", NO_FALLOCATE },
	{ "acls", IGNORES_ACLS },
	{ "link-attributes", FOLLOWS_LINKS },
	{ "same-size", IGNORES_SIZE },
	{ "xattr-lists", NO_XATTR_LISTS },
};

static int root_fd;        /* the source directory */
static unsigned int lacks; /* sum of enum lack */

static int code(long result)
{
	return result < 0 ? -errno : (int)result;
}

static const char *inside(const char *path)
{
	return path[1] ? path + 1 : ".";
}

static uint64_t hash(const char *text)
{
	uint64_t value = 14695981039346656037u;

	while (*text)
		value = (value ^ (unsigned char)*text++) * 1099511628211u;
	return value >> 8;
}

static void *start(struct fuse_conn_info *connection, struct fuse_config *config)
{
	(void)connection;
	config->use_ino = !(lacks & MADE_UP_NUMBERS);
	config->nullpath_ok = 0;
	config->entry_timeout = 1;
	config->attr_timeout = 0;
	return NULL;
}

static int do_getattr(const char *path, struct stat *st, struct fuse_file_info *file)
{
	int r = file ? fstat((int)file->fh, st)
		     : fstatat(root_fd, inside(path), st, AT_SYMLINK_NOFOLLOW);

	if (r == 0 && lacks & PATH_NUMBERS)
		st->st_ino = hash(path);
	return code(r);
}

static int do_readlink(const char *path, char *target, size_t size)
{
	ssize_t n = readlinkat(root_fd, inside(path), target, size - 1);

	if (n < 0)
		return -errno;
	target[n] = 0;
	return 0;
}

/* Gives a new file to the caller that made it. */
static int give_away(const char *path)
{
	const struct fuse_context *caller = fuse_get_context();

	return code(fchownat(root_fd, inside(path), caller->uid, caller->gid, AT_SYMLINK_NOFOLLOW));
}

static int do_mknod(const char *path, mode_t mode, dev_t rdev)
{
	if (lacks & NO_DEVICES && (S_ISCHR(mode) || S_ISBLK(mode)))
		return -EPERM;
	int r = code(mknodat(root_fd, inside(path), mode, rdev));
	return r < 0 ? r : give_away(path);
}

static int do_mkdir(const char *path, mode_t mode)
{
	int r = code(mkdirat(root_fd, inside(path), mode));

	return r < 0 ? r : give_away(path);
}

static int do_unlink(const char *path)
{
	return code(unlinkat(root_fd, inside(path), 0));
}

static int do_rmdir(const char *path)
{
	return code(unlinkat(root_fd, inside(path), AT_REMOVEDIR));
}

static int do_symlink(const char *target, const char *path)
{
	int r = code(symlinkat(target, root_fd, inside(path)));

	return r < 0 ? r : give_away(path);
}

static int do_rename(const char *from, const char *to, unsigned int flags)
{
	unsigned int unknown = (lacks & NO_EXCHANGE ? RENAME_EXCHANGE : 0) |
			       (lacks & NO_WHITEOUT_RENAME ? RENAME_WHITEOUT : 0);

	if (lacks & IGNORES_RENAME_FLAGS)
		flags = 0;
	if (flags & unknown || (flags && lacks & NO_RENAME_FLAGS))
		return -EINVAL;
	return code(renameat2(root_fd, inside(from), root_fd, inside(to), flags));
}

static int do_link(const char *from, const char *to)
{
	if (lacks & NO_LINKS)
		return -EPERM;
	return code(linkat(root_fd, inside(from), root_fd, inside(to), 0));
}

static int do_chmod(const char *path, mode_t mode, struct fuse_file_info *file)
{
	return code(file ? fchmod((int)file->fh, mode) : fchmodat(root_fd, inside(path), mode, 0));
}

static int nofollow(void)
{
	return lacks & FOLLOWS_LINKS ? 0 : AT_SYMLINK_NOFOLLOW;
}

static int do_chown(const char *path, uid_t uid, gid_t gid, struct fuse_file_info *file)
{
	return code(file ? fchown((int)file->fh, uid, gid)
			 : fchownat(root_fd, inside(path), uid, gid, nofollow()));
}

static int open_at(const char *path, int flags)
{
	return openat(root_fd, inside(path), flags | O_CLOEXEC | O_NOFOLLOW);
}

static int truncate_file(int fd, off_t size)
{
	struct stat st;

	if (lacks & IGNORES_SIZE && fstat(fd, &st) == 0 && st.st_size == size)
		return 0;
	return code(ftruncate(fd, size));
}

static int do_truncate(const char *path, off_t size, struct fuse_file_info *file)
{
	int fd = file ? (int)file->fh : open_at(path, O_WRONLY);
	int r = fd < 0 ? -errno : truncate_file(fd, size);

	if (!file && fd >= 0)
		close(fd);
	return r;
}

static int do_open(const char *path, struct fuse_file_info *file)
{
	int fd = open_at(path, file->flags & ~(O_CREAT | O_EXCL | O_NOCTTY));

	if (fd < 0)
		return -errno;
	file->fh = (uint64_t)fd;
	return 0;
}

static int do_create(const char *path, mode_t mode, struct fuse_file_info *file)
{
	int fd = openat(
		root_fd, inside(path), file->flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0)
		return -errno;
	file->fh = (uint64_t)fd;
	return give_away(path);
}

static int do_read(
	const char *path, char *data, size_t size, off_t offset, struct fuse_file_info *file)
{
	(void)path;
	return code(pread((int)file->fh, data, size, offset));
}

static int do_write(
	const char *path, const char *data, size_t size, off_t offset, struct fuse_file_info *file)
{
	(void)path;
	return code(pwrite((int)file->fh, data, size, offset));
}

static int do_statfs(const char *path, struct statvfs *st)
{
	(void)path;
	return code(fstatvfs(root_fd, st));
}

static int do_release(const char *path, struct fuse_file_info *file)
{
	(void)path;
	close((int)file->fh);
	return 0;
}

static int do_fsync(const char *path, int data_only, struct fuse_file_info *file)
{
	(void)path;
	return code(data_only ? fdatasync((int)file->fh) : fsync((int)file->fh));
}

static int do_fallocate(
	const char *path, int mode, off_t offset, off_t size, struct fuse_file_info *file)
{
	(void)path;
	if (lacks & NO_FALLOCATE)
		return -EOPNOTSUPP;
	return code(fallocate((int)file->fh, mode, offset, size));
}

struct fd_path {
	char text[4200];
};

static struct fd_path path_of(const char *path)
{
	struct fd_path named;

	snprintf(named.text, sizeof(named.text), "/proc/self/fd/%d/%s", root_fd, inside(path));
	return named;
}

static int do_setxattr(
	const char *path, const char *name, const char *value, size_t size, int flags)
{
	if (lacks & NO_XATTRS)
		return -EOPNOTSUPP;
	if (lacks & IGNORES_ACLS && !strcmp(name, "system.posix_acl_access"))
		return 0;
	return code(lsetxattr(path_of(path).text, name, value, size, flags));
}

static int do_getxattr(const char *path, const char *name, char *value, size_t size)
{
	if (lacks & NO_XATTRS)
		return -EOPNOTSUPP;
	return code(lgetxattr(path_of(path).text, name, value, size));
}

static int do_listxattr(const char *path, char *names, size_t size)
{
	if (lacks & NO_XATTRS)
		return -EOPNOTSUPP;
	if (lacks & NO_XATTR_LISTS)
		return 0;
	return code(llistxattr(path_of(path).text, names, size));
}

static int do_removexattr(const char *path, const char *name)
{
	if (lacks & NO_XATTRS)
		return -EOPNOTSUPP;
	return code(lremovexattr(path_of(path).text, name));
}

static int do_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset,
	struct fuse_file_info *file, enum fuse_readdir_flags flags)
{
	int fd = openat(root_fd, inside(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	(void)offset;
	(void)file;
	(void)flags;
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		struct stat st = { .st_ino = entry->d_ino, .st_mode = DTTOIF(entry->d_type) };
		fill(buffer, entry->d_name, lacks & NO_TYPES ? NULL : &st, 0, 0);
	}
	closedir(dir);
	return 0;
}

static int do_utimens(const char *path, const struct timespec times[2], struct fuse_file_info *file)
{
	return code(file ? futimens((int)file->fh, times)
			 : utimensat(root_fd, inside(path), times, nofollow()));
}

static const struct fuse_operations operations = {
	.init = start,
	.getattr = do_getattr,
	.readlink = do_readlink,
	.mknod = do_mknod,
	.mkdir = do_mkdir,
	.unlink = do_unlink,
	.rmdir = do_rmdir,
	.symlink = do_symlink,
	.rename = do_rename,
	.link = do_link,
	.chmod = do_chmod,
	.chown = do_chown,
	.truncate = do_truncate,
	.open = do_open,
	.create = do_create,
	.read = do_read,
	.write = do_write,
	.statfs = do_statfs,
	.release = do_release,
	.fsync = do_fsync,
	.fallocate = do_fallocate,
	.setxattr = do_setxattr,
	.getxattr = do_getxattr,
	.listxattr = do_listxattr,
	.removexattr = do_removexattr,
	.readdir = do_readdir,
	.utimens = do_utimens,
};

static int add_lack(const char *name)
{
	for (size_t i = 0; i < sizeof(lacks_known) / sizeof(*lacks_known); i++)
		if (!strcmp(lacks_known[i].name, name)) {
			lacks |= lacks_known[i].lack;
			return 0;
		}
	fprintf(stderr, "poorfs: there is no lack '%s'\n", name);
	return -1;
}

int main(int argc, char **argv)
{
	/* fusermount3 lets root alone give the mount to others. */
	char words[] = "-odefault_permissions,allow_other", own[] = "-odefault_permissions";
	char *arguments[] = { argv[0], geteuid() ? own : words, NULL, NULL };
	int opt;

	while ((opt = getopt(argc, argv, "o:")) != -1)
		for (char *name = strtok(opt == 'o' ? optarg : NULL, "+"); name;
			name = strtok(NULL, "+"))
			if (add_lack(name) < 0)
				return 2;
	if (argc - optind != 2) {
		fputs("usage: poorfs [-o LACK[+LACK]...] SOURCE DIR\n", stderr);
		return 2;
	}
	root_fd = open(argv[optind], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0) {
		perror(argv[optind]);
		return 1;
	}
	umask(0);
	arguments[2] = argv[optind + 1];
	return fuse_main(3, arguments, &operations, NULL);
}
