/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply.h"

#include "common/archive/ctype_locale.h"
#include "common/archive/entry_name.h"
#include "common/archive/inroot.h"
#include "common/archive/late.h"
#include "common/archive/place.h"
#include "common/archive/restore.h"
#include "common/archive/tarstream.h"
#include "common/cleanup.h"
#include "common/error.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <string.h>

static const struct shale_apply_limits default_limits = { 50 * 1000 * 1000, UINT64_MAX, 32 * 1024,
	1000, 512 * 1024 };

struct apply {
	const struct shale_apply_spec *spec;
	struct shale_apply_limits limits;
	struct shale_restore restore;
	struct shale_tarstream *stream;
	struct shale_place place;
	struct shale_apply_result result;
};

static int write_all(int fd, const struct shale_tarstream_block *block)
{
	size_t done = 0;

	while (done < block->size) {
		ssize_t n = pwrite(fd, (const char *)block->data + done, block->size - done,
			block->offset + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	return 0;
}

/* What the archive leaves out of a sparse file is left out here as well. */
static int unpack_data(
	struct apply *apply, int fd, struct archive_entry *entry, struct shale_error *err)
{
	struct shale_tarstream_block block;
	int64_t size = archive_entry_size(entry), written = 0;
	int r;

	apply->result.bytes += (uint64_t)size;
	if (apply->result.bytes > apply->limits.bytes || apply->result.bytes > INT64_MAX)
		return shale_fail_plain(err, -EFBIG, "the layer's files are larger than the limit");
	while ((r = shale_tarstream_data(apply->stream, &block, err)) > 0) {
		r = write_all(fd, &block);
		if (r < 0)
			return shale_fail(err, r, "write its data");
		written = block.offset + (int64_t)block.size;
	}
	if (r >= 0 && written < size) {
		r = sys(ftruncate(fd, size));
		return r < 0 ? shale_fail(err, r, "set its size") : 0;
	}
	return r;
}

struct target {
	int dirfd;
	const char *name;
};

/* Times last: everything before moves them. close(2) is where some filesystems say ENOSPC. */
static int finish_file(struct apply *apply, const struct target *target, int *fd,
	struct archive_entry *entry, struct shale_error *err)
{
	struct shale_restore_file file = { target->dirfd, target->name, *fd };
	struct timespec times[2];

	int r = shale_restore_metadata(&apply->restore, &file, entry, err);
	if (r < 0)
		return r;
	shale_restore_times(entry, times);
	r = sys(utimensat(target->dirfd, target->name, times, AT_SYMLINK_NOFOLLOW));
	if (r < 0)
		return shale_fail(err, r, "set its times");
	r = sys(close(steal_fd(fd)));
	return r < 0 && r != -EINTR ? shale_fail(err, r, "write its data") : 0;
}

static int unpack_file(struct apply *apply, const struct target *target,
	struct archive_entry *entry, struct shale_error *err)
{
	auto_close int fd = sys(openat(target->dirfd, target->name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));

	if (fd < 0)
		return shale_fail(err, fd, "create it");
	int r = unpack_data(apply, fd, entry, err);
	return r < 0 ? r : finish_file(apply, target, &fd, entry, err);
}

static int open_node(const struct target *target)
{
	return sys(openat(target->dirfd, target->name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

static int unpack_node(struct apply *apply, const struct target *target,
	struct archive_entry *entry, struct shale_error *err)
{
	mode_t type = archive_entry_filetype(entry);
	struct stat want;

	int r = shale_restore_stat(entry, &want, err);
	if (r < 0)
		return r;
	if (shale_is_whiteout(&want))
		return shale_fail_plain(
			err, -EINVAL, "a character device 0/0 has no meaning in a layer");
	/* Devices need a right that such a host has not: an empty file stands for them. */
	if (apply->spec->ownership == SHALE_OWNERSHIP_OVERRIDE)
		type = S_IFREG;
	r = sys(mknodat(target->dirfd, target->name, type | 0600, want.st_rdev));
	if (r == -EPERM)
		shale_remedy(err, r, "device nodes can only be made by the real root");
	if (r < 0)
		return shale_fail(err, r, "make the node");
	auto_close int fd = open_node(target);
	return fd < 0 ? shale_fail(err, fd, "open it")
		      : finish_file(apply, target, &fd, entry, err);
}

static int unpack_symlink(struct apply *apply, const struct target *target,
	struct archive_entry *entry, struct shale_error *err)
{
	const char *to = archive_entry_symlink(entry);

	if (!to || !*to)
		return shale_fail_plain(err, -EINVAL, "a symbolic link to nothing");
	if (strlen(to) > apply->limits.name)
		return shale_fail_plain(err, -ENAMETOOLONG, "its target is longer than %zu bytes",
			apply->limits.name);
	int r = sys(symlinkat(to, target->dirfd, target->name));
	if (r < 0)
		return shale_fail(err, r, "make the link");
	auto_close int fd = open_node(target);
	return fd < 0 ? shale_fail(err, fd, "open it")
		      : finish_file(apply, target, &fd, entry, err);
}

/* The same door as for names, but the link itself is not followed: it may be what is linked. */
static int open_link_target(struct apply *apply, const char *to, struct shale_error *err)
{
	auto_entry_name struct shale_entry_name name = { 0 };
	struct stat st;

	int r = shale_entry_name_parse(to, apply->limits.name, &name, err);
	if (r < 0)
		return shale_fail(err, r, "hard link target '%.300s'", to);
	if (name.kind != SHALE_ENTRY_PLAIN)
		return shale_fail_plain(err, -EINVAL, "hard link target '%.300s' is no file", to);
	auto_close int dir = shale_inroot_open_dir(apply->spec->root, name.parent, NULL, NULL);
	struct target found = { dir, name.base };
	auto_close int fd = dir < 0 ? dir : open_node(&found);
	if (fd < 0)
		return shale_fail(err, fd, "open hard link target '%.300s'", to);
	if (fstat(fd, &st) < 0)
		return shale_fail(err, -errno, "look at hard link target '%.300s'", to);
	if (S_ISDIR(st.st_mode) || shale_is_whiteout(&st))
		return shale_fail_plain(err, -EINVAL, "hard link target '%.300s' is no file", to);
	return steal_fd(&fd);
}

static bool is_same(int fd, const struct target *target)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 &&
	       fstatat(target->dirfd, target->name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Through /proc: linking a descriptor directly takes CAP_DAC_READ_SEARCH. */
static int link_fd(int fd, const struct target *target)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return sys(linkat(AT_FDCWD, path, target->dirfd, target->name, AT_SYMLINK_FOLLOW));
}

static int unpack_hardlink(struct apply *apply, const struct shale_entry_name *name,
	struct archive_entry *entry, struct shale_error *err)
{
	auto_close int fd = open_link_target(apply, archive_entry_hardlink(entry), err);

	if (fd < 0)
		return fd;
	int dirfd = shale_place_parent(&apply->place, name->parent, err);
	struct target target = { dirfd, name->base };
	if (dirfd < 0)
		return dirfd;
	if (is_same(fd, &target))
		return 0;
	int r = shale_place_clear(&apply->place, dirfd, name->base, false, err);
	if (r < 0)
		return r;
	r = link_fd(fd, &target);
	return r < 0 ? shale_fail(err, r, "link it") : 0;
}

static int finish_dir(struct apply *apply, const struct target *target, const char *path,
	struct archive_entry *entry, struct shale_error *err)
{
	auto_close int fd = sys(
		openat(target->dirfd, target->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	struct shale_restore_file file = { target->dirfd, target->name, fd };
	struct timespec times[2];
	char *acl = NULL;

	if (fd < 0)
		return shale_fail(err, fd, "open it");
	int r = shale_restore_metadata(&apply->restore, &file, entry, err);
	if (r < 0)
		return r;
	shale_restore_times(entry, times);
	ssize_t size = shale_restore_default_acl(entry, &acl);
	if (size < 0)
		return shale_fail_plain(
			err, (int)size, "its default access control list is damaged");
	r = shale_late_add(apply->place.late, path, fd, times, acl, (size_t)size);
	return r < 0 ? shale_fail(err, r, "remember it") : 0;
}

static int unpack_dir(struct apply *apply, const struct target *target,
	const struct shale_entry_name *name, struct archive_entry *entry, struct shale_error *err)
{
	auto_free char *path = NULL;

	if (asprintf(&path, "%s%s%s", name->parent, *name->parent ? "/" : "", name->base) < 0)
		return shale_fail(err, -ENOMEM, "unpack it");
	int r = shale_place_mkdir(&apply->place, target->dirfd, target->name, err);
	return r < 0 ? r : finish_dir(apply, target, path, entry, err);
}

static int unpack_root(struct apply *apply, struct archive_entry *entry, struct shale_error *err)
{
	struct target target = { apply->spec->root, "." };

	if (archive_entry_hardlink(entry) || archive_entry_filetype(entry) != AE_IFDIR)
		return shale_fail_plain(err, -EINVAL, "the root must be a directory");
	return finish_dir(apply, &target, "", entry, err);
}

static int unpack_plain(struct apply *apply, const struct shale_entry_name *name,
	struct archive_entry *entry, struct shale_error *err)
{
	if (archive_entry_hardlink(entry))
		return unpack_hardlink(apply, name, entry, err);
	int dirfd = shale_place_parent(&apply->place, name->parent, err);
	struct target target = { dirfd, name->base };
	if (dirfd < 0)
		return dirfd;
	if (archive_entry_filetype(entry) == AE_IFDIR)
		return unpack_dir(apply, &target, name, entry, err);
	int r = shale_place_clear(&apply->place, dirfd, name->base, false, err);
	if (r < 0)
		return r;
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return unpack_file(apply, &target, entry, err);
	case AE_IFLNK:
		return unpack_symlink(apply, &target, entry, err);
	case AE_IFCHR:
	case AE_IFBLK:
	case AE_IFIFO:
		return unpack_node(apply, &target, entry, err);
	default:
		return shale_fail_plain(err, -EINVAL, "a type of file that no layer holds");
	}
}

static int mark_opaque(
	struct apply *apply, const struct shale_entry_name *name, struct shale_error *err)
{
	/* Overlayfs merges the roots of its layers whatever their marks say. */
	if (!*name->parent)
		return shale_fail_plain(
			err, -EINVAL, "a layer cannot hide all of the layers below it");
	int dirfd = shale_place_parent(&apply->place, name->parent, err);
	return dirfd < 0 ? dirfd : shale_place_opaque(&apply->place, dirfd, err);
}

static int apply_entry(
	struct apply *apply, const char *raw, struct archive_entry *entry, struct shale_error *err)
{
	auto_entry_name struct shale_entry_name name = { 0 };

	int r = shale_entry_name_parse(raw, apply->limits.name, &name, err);
	if (r < 0)
		return r;
	switch (name.kind) {
	case SHALE_ENTRY_ROOT:
		return unpack_root(apply, entry, err);
	case SHALE_ENTRY_WHITEOUT:
		return shale_place_whiteout(&apply->place, name.parent, name.base, err);
	case SHALE_ENTRY_OPAQUE:
		return mark_opaque(apply, &name, err);
	case SHALE_ENTRY_SKIP:
		return 0;
	default:
		return unpack_plain(apply, &name, entry, err);
	}
}

static int apply_entries(struct apply *apply, struct shale_error *err)
{
	struct archive_entry *entry;
	int r;

	while ((r = shale_tarstream_next(apply->stream, &entry, err)) > 0) {
		const char *name = archive_entry_pathname(entry);
		if (!name)
			return shale_fail_plain(err, -EBADMSG, "an entry has no name");
		if (++apply->result.entries > apply->limits.entries)
			return shale_fail_plain(err, -E2BIG, "the layer has more than %llu entries",
				(unsigned long long)apply->limits.entries);
		r = apply_entry(apply, name, entry, err);
		if (r < 0)
			return shale_fail(err, r, "apply entry '%.300s'", name);
	}
	return r;
}

static int apply_stream(struct apply *apply, struct shale_error *err)
{
	int r = apply_entries(apply, err);

	if (r >= 0)
		r = shale_tarstream_finish(apply->stream, apply->result.diff_id, err);
	if (r >= 0)
		r = shale_place_prune(&apply->place, err);
	if (r >= 0)
		r = shale_late_run(apply->place.late, &apply->restore, err);
	return r;
}

static struct shale_apply_limits limits_of(const struct shale_apply_spec *spec)
{
	struct shale_apply_limits limits = spec->limits ? *spec->limits : default_limits;

	if (!limits.entries)
		limits.entries = default_limits.entries;
	if (!limits.bytes)
		limits.bytes = default_limits.bytes;
	if (!limits.name)
		limits.name = default_limits.name;
	if (!limits.xattrs)
		limits.xattrs = default_limits.xattrs;
	if (!limits.xattr_bytes)
		limits.xattr_bytes = default_limits.xattr_bytes;
	return limits;
}

int shale_apply_tar(const struct shale_apply_spec *spec, struct shale_apply_result *ret,
	struct shale_error *err)
{
	auto_ctype_locale struct shale_ctype_locale locale = shale_ctype_locale_use("C");
	auto_tarstream struct shale_tarstream *stream = NULL;
	auto_late struct shale_late *late = shale_late_new();
	struct apply apply = { .spec = spec, .limits = limits_of(spec) };

	if (!late || !locale.ours)
		return shale_fail(err, -ENOMEM, "apply a layer");
	int r = shale_tarstream_open(spec->read, spec->arg, &stream, err);
	if (r < 0)
		return r;
	apply.stream = stream;
	apply.restore = (struct shale_restore){ spec, &apply.limits };
	apply.place = (struct shale_place){ .spec = spec, .late = late, .parent = -1 };
	r = apply_stream(&apply, err);
	shale_place_close(&apply.place);
	if (r >= 0)
		*ret = apply.result;
	return r < 0 ? r : 0;
}
