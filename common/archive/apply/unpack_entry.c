/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/unpack_entry.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <string.h>

/* Sets the metadata of a new node. Sets the times last, since every other change changes them. FD
 * is O_PATH. */
static int finish_node(struct unpack *unpack, const struct layer_tree_target *target, int fd,
	struct archive_entry *entry, struct shale_error *err)
{
	struct restore_file file = { target->dirfd, target->name, fd, RESTORE_PATH, NULL };
	struct timespec times[2];

	int r = restore_metadata(&unpack->restore, &file, entry, err);
	if (r < 0)
		return r;
	restore_times(entry, times);
	r = sys(utimensat(target->dirfd, target->name, times, AT_SYMLINK_NOFOLLOW));
	return r < 0 ? error_fail(err, r, "set its times") : 0;
}

static int open_node(const struct layer_tree_target *target)
{
	return sys(openat(target->dirfd, target->name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

static bool is_device(mode_t type)
{
	return type == S_IFCHR || type == S_IFBLK;
}

struct node {
	mode_t type;
	dev_t device;
	bool may_skip;
};

/* Makes a node. Returns 1 if it cannot be made on this host and is left out. */
static int make_node(const struct layer_tree_target *target, void *arg, struct shale_error *err)
{
	const struct node *node = arg;
	int r = sys(mknodat(target->dirfd, target->name, node->type | 0600, node->device));

	/* Leave out a device that a user namespace refuses, as Docker and podman do: an engine
	 * gives its containers a /dev of their own. */
	if (r == -EPERM && is_device(node->type) && node->may_skip)
		return 1;
	if (r == -EPERM)
		error_remedy(err, r, "device nodes can only be made by the real root");
	return r < 0 ? error_fail(err, r, "make the node") : 0;
}

static int unpack_node(struct unpack *unpack, const struct layer_tree_target *target,
	const struct entry_name *name, struct archive_entry *entry, struct shale_error *err)
{
	struct node node = { .type = archive_entry_filetype(entry),
		.may_skip = unpack->spec->class == XATTR_USER };
	struct stat want;

	int r = restore_stat(entry, &want, err);
	if (r < 0)
		return r;
	node.device = want.st_rdev;
	/* This user may not make devices. Make an empty file instead, and keep the device number in
	 * an xattr. */
	if (unpack->spec->ownership == OWNERSHIP_OVERRIDE)
		node.type = S_IFREG;
	r = layer_tree_make(&unpack->tree, target, make_node, &node, err);
	if (r < 0)
		return r;
	if (r > 0)
		return unpack_skip_device(&unpack->skipped, name);
	auto_close int fd = open_node(target);
	return fd < 0 ? error_fail(err, fd, "open it")
		      : finish_node(unpack, target, fd, entry, err);
}

static bool is_whiteout(struct archive_entry *entry)
{
	return archive_entry_filetype(entry) == AE_IFCHR && restore_device(entry) == 0;
}

/* Makes a whiteout for a device 0/0 of the stream: overlayfs takes such a device for a whiteout,
 * however it was made. */
static int unpack_whiteout(
	struct unpack *unpack, int dirfd, const struct entry_name *name, struct shale_error *err)
{
	return layer_tree_device_whiteout(&unpack->tree, dirfd, name->parent, name->base, err);
}

static int make_symlink(const struct layer_tree_target *target, void *arg, struct shale_error *err)
{
	const char *to = arg;
	int r = sys(symlinkat(to, target->dirfd, target->name));

	return r < 0 ? error_fail(err, r, "make the link") : 0;
}

static int unpack_symlink(struct unpack *unpack, const struct layer_tree_target *target,
	struct archive_entry *entry, struct shale_error *err)
{
	const char *to = archive_entry_symlink(entry);

	if (!to || !*to)
		return error_fail_plain(err, -EINVAL, "a symbolic link to nothing");
	if (strlen(to) > unpack->restore.limits->name)
		return error_fail_plain(err, -ENAMETOOLONG, "its target is longer than %zu bytes",
			unpack->restore.limits->name);
	unpack->files.bytes += strlen(to);
	int r = layer_tree_make(&unpack->tree, target, make_symlink, (void *)to, err);
	if (r < 0)
		return r;
	auto_close int fd = open_node(target);
	return fd < 0 ? error_fail(err, fd, "open it")
		      : finish_node(unpack, target, fd, entry, err);
}

/* The existing file that a hard link leads to. */
struct link_target {
	int fd;
	bool skipped, whiteout; /* the target was left out, or is a whiteout: FD is not used */
};

static int find_link_target(struct unpack *unpack, const struct entry_name *name,
	struct link_target *ret, struct shale_error *err)
{
	auto_close int dir = dir_cache_open(&unpack->tree.cache, name->parent, NULL, NULL);
	struct layer_tree_target found = { .dirfd = dir, .name = name->base };
	auto_close int fd = dir < 0 ? dir : open_node(&found);
	struct stat st;

	ret->skipped = fd == -ENOENT && unpack_is_skipped(&unpack->skipped, name);
	if (ret->skipped)
		return 0;
	int r = fd < 0 ? fd : sys(fstat(fd, &st));
	if (r < 0)
		return r;
	if (S_ISDIR(st.st_mode))
		return error_fail_plain(err, -EINVAL, "it is a directory");
	ret->whiteout = layer_tree_is_whiteout(&unpack->tree, dir, name->base, &st);
	ret->fd = steal_fd(&fd);
	return 0;
}

/* Opens the target of a hard link. If the target is a symbolic link, opens the link itself,
 * because that is the file. */
static int open_link_target(
	struct unpack *unpack, const char *to, struct link_target *ret, struct shale_error *err)
{
	auto_entry_name struct entry_name name = { 0 };
	int r = entry_name_parse(to, unpack->restore.limits->name, &name, err);

	if (r == 0 && name.kind != ENTRY_PLAIN && name.kind != ENTRY_AUFS_LINK)
		r = error_fail_plain(err, -EINVAL, "no file has such a name");
	if (r == 0)
		r = find_link_target(unpack, &name, ret, err);
	return r < 0 ? error_fail(err, r, "open hard link target '%.300s'", to) : 0;
}

static bool is_same(int fd, const struct layer_tree_target *target)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 &&
	       fstatat(target->dirfd, target->name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Links through /proc, because linking by descriptor needs CAP_DAC_READ_SEARCH. */
static int link_fd(int fd, const struct layer_tree_target *target)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return sys(linkat(AT_FDCWD, path, target->dirfd, target->name, AT_SYMLINK_FOLLOW));
}

static int make_hardlink(const struct layer_tree_target *target, void *arg, struct shale_error *err)
{
	const int *fd = arg;
	int r = link_fd(*fd, target);

	if (r == -EEXIST && is_same(*fd, target))
		return 0;
	return r < 0 ? error_fail(err, r, "link it") : 0;
}

/* Gives the file the metadata of the hard link's entry, as engines do: the last entry counts. */
static int finish_link(struct unpack *unpack, const struct layer_tree_target *target,
	struct archive_entry *entry, struct shale_error *err)
{
	const struct apply_spec *spec = unpack->spec;
	struct stat st;
	int r = unpack_files_finish(&unpack->files, err);
	auto_close int fd = r < 0 ? -1 : open_node(target);
	struct restore_file file = { target->dirfd, target->name, fd, RESTORE_PATH, NULL };

	if (r < 0)
		return r;
	if (fd < 0)
		return error_fail(err, fd, "open it");
	r = restore_link(&unpack->restore, &file, entry, err);
	if (r <= 0 || !spec->wrote)
		return r;
	r = sys(fstat(fd, &st));
	if (r == 0 && S_ISREG(st.st_mode))
		r = spec->wrote(spec->wrote_arg, &st, NULL, false);
	return r < 0 ? error_fail(err, r, "remember its digest") : 0;
}

static int unpack_hardlink(struct unpack *unpack, const struct entry_name *name,
	struct archive_entry *entry, struct shale_error *err)
{
	struct link_target to = { .fd = -1 };
	int r = open_link_target(unpack, archive_entry_hardlink(entry), &to, err);
	auto_close int fd = to.fd;

	if (r < 0)
		return r;
	if (to.skipped)
		return unpack_skip_device(&unpack->skipped, name);
	int dirfd = layer_tree_parent(&unpack->tree, name->parent, err);
	struct layer_tree_target target = { .dirfd = dirfd, .name = name->base };
	if (dirfd < 0)
		return dirfd;
	if (to.whiteout)
		return unpack_whiteout(unpack, dirfd, name, err);
	r = layer_tree_make(&unpack->tree, &target, make_hardlink, &fd, err);
	return r < 0 ? r : finish_link(unpack, &target, entry, err);
}

static int finish_dir(struct unpack *unpack, const struct layer_tree_target *target,
	const char *path, struct archive_entry *entry, struct shale_error *err)
{
	auto_close int fd = sys(
		openat(target->dirfd, target->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	struct restore_file file = { target->dirfd, target->name, fd, RESTORE_PATH, NULL };
	struct timespec times[2];
	char *acl = NULL;

	if (fd < 0)
		return error_fail(err, fd, "open it");
	int r = restore_metadata(&unpack->restore, &file, entry, err);
	if (r < 0)
		return r;
	restore_times(entry, times);
	ssize_t size = restore_acl_of(entry, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, &acl, err);
	if (size < 0)
		return (int)size;
	r = deferred_dirs_add(unpack->tree.deferred, path, fd, times, acl, (size_t)size);
	return r < 0 ? error_fail(err, r, "remember it") : 0;
}

static int unpack_dir(struct unpack *unpack, const struct layer_tree_target *target,
	const struct entry_name *name, struct archive_entry *entry, struct shale_error *err)
{
	auto_free char *path = NULL;

	if (asprintf(&path, "%s%s%s", name->parent, *name->parent ? "/" : "", name->base) < 0)
		return error_fail(err, -ENOMEM, "unpack it");
	int r = layer_tree_mkdir(&unpack->tree, target->dirfd, target->name, err);
	return r < 0 ? r : finish_dir(unpack, target, path, entry, err);
}

/* Removes the xattrs that the root has taken from the layers below. The stream's entry for the root
 * has all xattrs again. */
static int clear_xattrs(int fd)
{
	auto_free char *names = NULL;
	ssize_t size = opath_xattr_list_all(fd, &names);
	int r = 0;

	if (size <= 0)
		return size == -EOPNOTSUPP ? 0 : (int)size;
	for (char *name = names; name < names + size && r >= 0; name += strlen(name) + 1) {
		r = opath_xattr_remove(fd, name);
		/* Labels belong to the host: only its policy sets and removes them. */
		if (!strncmp(name, "security.", strlen("security.")))
			r = 0;
	}
	return r < 0 ? r : 0;
}

int unpack_root(struct unpack *unpack, struct archive_entry *entry, struct shale_error *err)
{
	struct layer_tree_target target = { .dirfd = unpack->spec->root, .name = "." };

	/* Ignore an entry for the root that is no directory, as engines do. */
	if (archive_entry_hardlink(entry) || archive_entry_filetype(entry) != AE_IFDIR)
		return 0;
	unpack->has_root_entry = true;
	int r = clear_xattrs(target.dirfd);
	if (r < 0)
		return error_fail(err, r, "clear the root's xattrs");
	return finish_dir(unpack, &target, "", entry, err);
}

struct new_file {
	const struct unpack *unpack;
	struct archive_entry *entry;
};

static int make_file(const struct layer_tree_target *target, void *arg, struct shale_error *err)
{
	const struct new_file *file = arg;
	int fd = unpack_file_create(&file->unpack->files, target->dirfd, target->name, file->entry);

	return fd < 0 ? error_fail(err, fd, "create it") : fd;
}

static int unpack_file(struct unpack *unpack, const struct layer_tree_target *target,
	const struct entry_name *name, struct archive_entry *entry, struct shale_error *err)
{
	auto_free char *path = NULL;
	struct new_file file = { unpack, entry };
	int r = unpack->tree.record
			? layer_tree_path(&unpack->tree, name->parent, name->base, &path)
			: 0;

	if (r < 0)
		return error_fail(err, r, "record it");
	int fd = layer_tree_make(&unpack->tree, target, make_file, &file, err);
	return fd < 0 ? fd : unpack_file_fill(&unpack->files, fd, path, entry, err);
}

int unpack_entry(struct unpack *unpack, const struct entry_name *name, struct archive_entry *entry,
	struct shale_error *err)
{
	if (archive_entry_hardlink(entry))
		return unpack_hardlink(unpack, name, entry, err);
	int dirfd = layer_tree_parent(&unpack->tree, name->parent, err);
	struct layer_tree_target target = { .dirfd = dirfd, .name = name->base };
	if (dirfd < 0)
		return dirfd;
	if (archive_entry_filetype(entry) == AE_IFDIR)
		return unpack_dir(unpack, &target, name, entry, err);
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return unpack_file(unpack, &target, name, entry, err);
	case AE_IFLNK:
		return unpack_symlink(unpack, &target, entry, err);
	case AE_IFCHR:
		return is_whiteout(entry) ? unpack_whiteout(unpack, dirfd, name, err)
					  : unpack_node(unpack, &target, name, entry, err);
	case AE_IFBLK:
	case AE_IFIFO:
		return unpack_node(unpack, &target, name, entry, err);
	default:
		return error_fail_plain(err, -EINVAL, "a type of file that no layer holds");
	}
}
