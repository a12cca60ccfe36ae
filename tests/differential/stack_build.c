/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/stack.h"

#include "common/base/scope.h"
#include "common/overlay/whiteout.h"
#include "tests/differential/xattrs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

static void make_parents(const char *path)
{
	char copy[1100];

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(copy, 0755);
		*slash = '/';
	}
}

static int make_file(const struct stack_entry *e)
{
	char buffer[4096];
	auto_close int fd = sys(open(e->path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));

	if (fd < 0)
		return fd;
	for (int64_t at = 0; at < e->size; at += (int64_t)sizeof(buffer)) {
		size_t n = sizeof(buffer);

		if (e->size - at < (int64_t)n)
			n = (size_t)(e->size - at);
		content_fill(e->seed, e->hole + at, buffer, n);
		if (pwrite(fd, buffer, n, e->hole + at) != (ssize_t)n)
			return -EIO;
	}
	return sys(ftruncate(fd, e->hole + e->size));
}

static int make_entry(const struct stack_entry *e)
{
	make_parents(e->path);
	switch (e->kind) {
	case ENTRY_DIR:
		return sys(mkdir(e->path, 0755));
	case ENTRY_FILE:
		return make_file(e);
	case ENTRY_SYMLINK:
		return sys(symlink(e->target, e->path));
	case ENTRY_FIFO:
		return sys(mknod(e->path, S_IFIFO | 0600, 0));
	case ENTRY_SOCKET:
		return sys(mknod(e->path, S_IFSOCK | 0600, 0));
	case ENTRY_DEVICE:
		return sys(mknod(e->path, S_IFCHR | 0600, makedev(e->major, e->minor)));
	case ENTRY_WHITEOUT:
		return whiteout_make(AT_FDCWD, e->path);
	case ENTRY_LINK:
		return sys(link(e->target, e->path));
	}
	return -EINVAL;
}

/* Sets the owner first, because chown clears set-id bits and capabilities. */
static void set_attributes(const struct stack_entry *e, bool userns)
{
	uint8_t value[XATTR_VALUE_MAX];

	if (e->kind == ENTRY_WHITEOUT || e->kind == ENTRY_LINK)
		return;
	/* As root, give all files to another user. */
	if (geteuid() == 0 && lchown(e->path, e->uid, e->gid) < 0)
		return;
	if (e->kind != ENTRY_SYMLINK)
		chmod(e->path, e->mode);
	for (size_t i = 0; i < e->n_xattrs; i++) {
		size_t size = xattr_from_hex(e->xattrs[i].hex, value);

		lsetxattr(e->path, e->xattrs[i].name, value, size, 0);
	}
	if (e->opaque)
		lsetxattr(e->path, userns ? "user.overlay.opaque" : "trusted.overlay.opaque", "y",
			1, 0);
}

static void set_time(const char *path, int64_t mtime)
{
	struct timespec times[2] = { { .tv_sec = mtime, .tv_nsec = 5 },
		{ .tv_sec = mtime, .tv_nsec = 123456789 } };

	utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

int stack_build(const struct stack *stack, int layer, const char *root, bool userns)
{
	auto_free bool *made = calloc(stack->n_entries + 1, sizeof(*made));
	bool root_user = geteuid() == 0;

	if (!made || chdir(root) < 0)
		return -errno;
	for (size_t i = 0; i < stack->n_entries; i++) {
		const struct stack_entry *e = &stack->entries[i];

		/* If an entry cannot be made, leave out those that need it: its children, or links
		 * to it. */
		made[i] = e->layer == layer && make_entry(e) == 0;
		if (made[i] && root_user)
			set_attributes(e, userns);
	}
	/* Goes backwards, children first: making a child changes its directory's time, and needs a
	 * writable directory. */
	for (size_t i = stack->n_entries; i-- > 0;) {
		const struct stack_entry *e = &stack->entries[i];

		if (made[i] && !root_user)
			set_attributes(e, userns);
		if (e->layer == layer && e->kind != ENTRY_LINK && e->kind != ENTRY_WHITEOUT)
			set_time(e->path, e->mtime);
	}
	set_time(".", 900000000 + layer);
	return 0;
}
