/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/admit.h"

#include "fuse/merge/fs.h"

#include <errno.h>
#include <linux/fuse.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define NONE 0xff

/* What the body of a request is: FIXED bytes, names of files, and other strings. */
struct shape {
	uint8_t fixed, names, texts;
	bool unchecked;     /* the node says nothing */
	bool in_dir;        /* the node must be a directory */
	uint8_t other_node; /* where the body names another node; NONE */
	bool other_is_dir;
};

#define PLAIN(bytes)                                                                               \
	{                                                                                          \
		.fixed = bytes, .other_node = NONE                                                 \
	}
#define IN_DIR(bytes, n)                                                                           \
	{                                                                                          \
		.fixed = bytes, .names = n, .in_dir = true, .other_node = NONE                     \
	}
#define OF_SESSION(bytes)                                                                          \
	{                                                                                          \
		.fixed = bytes, .unchecked = true, .other_node = NONE                              \
	}
#define TEXTS(bytes, n)                                                                            \
	{                                                                                          \
		.fixed = bytes, .texts = n, .other_node = NONE                                     \
	}
#define RENAME(bytes, other)                                                                       \
	{                                                                                          \
		bytes, 2, 0, false, true, other, true                                              \
	}

static const struct shape shapes[] = {
	[FUSE_LOOKUP] = IN_DIR(0, 1),
	[FUSE_FORGET] = PLAIN(sizeof(struct fuse_forget_in)),
	[FUSE_GETATTR] = PLAIN(sizeof(struct fuse_getattr_in)),
	[FUSE_SETATTR] = PLAIN(sizeof(struct fuse_setattr_in)),
	[FUSE_READLINK] = PLAIN(0),
	[FUSE_SYMLINK] = { .names = 1, .texts = 1, .in_dir = true, .other_node = NONE },
	[FUSE_MKNOD] = IN_DIR(sizeof(struct fuse_mknod_in), 1),
	[FUSE_MKDIR] = IN_DIR(sizeof(struct fuse_mkdir_in), 1),
	[FUSE_UNLINK] = IN_DIR(0, 1),
	[FUSE_RMDIR] = IN_DIR(0, 1),
	[FUSE_RENAME] = RENAME(sizeof(struct fuse_rename_in), 0),
	[FUSE_LINK] = { sizeof(struct fuse_link_in), 1, 0, false, true, 0, false },
	[FUSE_OPEN] = PLAIN(sizeof(struct fuse_open_in)),
	[FUSE_READ] = PLAIN(sizeof(struct fuse_read_in)),
	[FUSE_WRITE] = PLAIN(sizeof(struct fuse_write_in)),
	[FUSE_STATFS] = OF_SESSION(0),
	[FUSE_RELEASE] = PLAIN(sizeof(struct fuse_release_in)),
	[FUSE_FSYNC] = PLAIN(sizeof(struct fuse_fsync_in)),
	[FUSE_SETXATTR] = TEXTS(FUSE_COMPAT_SETXATTR_IN_SIZE, 1),
	[FUSE_GETXATTR] = TEXTS(sizeof(struct fuse_getxattr_in), 1),
	[FUSE_LISTXATTR] = PLAIN(sizeof(struct fuse_getxattr_in)),
	[FUSE_REMOVEXATTR] = TEXTS(0, 1),
	[FUSE_FLUSH] = PLAIN(sizeof(struct fuse_flush_in)),
	[FUSE_INIT] = OF_SESSION(8),
	[FUSE_OPENDIR] = IN_DIR(sizeof(struct fuse_open_in), 0),
	[FUSE_READDIR] = IN_DIR(sizeof(struct fuse_read_in), 0),
	[FUSE_RELEASEDIR] = PLAIN(sizeof(struct fuse_release_in)),
	[FUSE_FSYNCDIR] = IN_DIR(sizeof(struct fuse_fsync_in), 0),
	[FUSE_GETLK] = PLAIN(sizeof(struct fuse_lk_in)),
	[FUSE_SETLK] = PLAIN(sizeof(struct fuse_lk_in)),
	[FUSE_SETLKW] = PLAIN(sizeof(struct fuse_lk_in)),
	[FUSE_ACCESS] = PLAIN(sizeof(struct fuse_access_in)),
	[FUSE_CREATE] = IN_DIR(sizeof(struct fuse_create_in), 1),
	[FUSE_INTERRUPT] = OF_SESSION(sizeof(struct fuse_interrupt_in)),
	[FUSE_BMAP] = PLAIN(sizeof(struct fuse_bmap_in)),
	[FUSE_DESTROY] = OF_SESSION(0),
	[FUSE_IOCTL] = PLAIN(sizeof(struct fuse_ioctl_in)),
	[FUSE_POLL] = PLAIN(sizeof(struct fuse_poll_in)),
	[FUSE_NOTIFY_REPLY] = OF_SESSION(sizeof(struct fuse_notify_retrieve_in)),
	[FUSE_BATCH_FORGET] = OF_SESSION(sizeof(struct fuse_batch_forget_in)),
	[FUSE_FALLOCATE] = PLAIN(sizeof(struct fuse_fallocate_in)),
	[FUSE_READDIRPLUS] = IN_DIR(sizeof(struct fuse_read_in), 0),
	[FUSE_RENAME2] = RENAME(sizeof(struct fuse_rename2_in), 0),
	[FUSE_LSEEK] = PLAIN(sizeof(struct fuse_lseek_in)),
	[FUSE_COPY_FILE_RANGE] = { .fixed = sizeof(struct fuse_copy_file_range_in),
		.other_node = offsetof(struct fuse_copy_file_range_in, nodeid_out) },
	[FUSE_SYNCFS] = OF_SESSION(sizeof(struct fuse_syncfs_in)),
	[FUSE_TMPFILE] = IN_DIR(sizeof(struct fuse_create_in), 0),
};

static int check_node(struct fs *fs, uint64_t node, bool as_dir)
{
	uint32_t type = fs_type(fs, node);

	if (!type)
		return -ESTALE;
	return as_dir && type != S_IFDIR ? -ENOTDIR : 0;
}

static bool is_name(const char *name)
{
	return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !strchr(name, '/');
}

/* *AT moves behind the strings. */
static int check_texts(const struct shape *shape, const char **at, const char *end)
{
	for (int i = 0; i < shape->names + shape->texts; i++) {
		const char *nul = *at < end ? memchr(*at, 0, (size_t)(end - *at)) : NULL;
		if (!nul || (i < shape->names && !is_name(*at)))
			return -EINVAL;
		*at = nul + 1;
	}
	return 0;
}

/* Items or bytes that BODY counts, and that lie behind AT. */
static uint64_t count_brought(uint32_t opcode, const void *body)
{
	switch (opcode) {
	case FUSE_WRITE:
		return ((const struct fuse_write_in *)body)->size;
	case FUSE_SETXATTR:
		return ((const struct fuse_setxattr_in *)body)->size;
	case FUSE_IOCTL:
		return ((const struct fuse_ioctl_in *)body)->in_size;
	case FUSE_NOTIFY_REPLY:
		return ((const struct fuse_notify_retrieve_in *)body)->size;
	case FUSE_BATCH_FORGET:
		return ((const struct fuse_batch_forget_in *)body)->count *
		       (uint64_t)sizeof(struct fuse_forget_one);
	default:
		return 0;
	}
}

static int check_body(const struct shape *shape, const struct fuse_in_header *header)
{
	const char *body = (const char *)(header + 1), *end = (const char *)header + header->len;
	const char *at = body + shape->fixed;

	if (header->len < sizeof(*header) + shape->fixed)
		return -EINVAL;
	int r = check_texts(shape, &at, end);
	if (r < 0)
		return r;
	return count_brought(header->opcode, body) > (uint64_t)(end - at) ? -EINVAL : 0;
}

int caller_admit(struct fs *fs, const struct fuse_in_header *header)
{
	uint64_t other;

	/* libfuse answers ENOSYS to what it does not know. */
	if (header->opcode >= sizeof(shapes) / sizeof(*shapes))
		return 0;
	const struct shape *shape = &shapes[header->opcode];
	int r = check_body(shape, header);
	if (r == 0 && !shape->unchecked)
		r = check_node(fs, header->nodeid, shape->in_dir);
	if (r < 0 || shape->other_node == NONE)
		return r;
	/* Opcodes between those known have no shape, and name no other node. */
	if (!shape->fixed)
		return 0;
	memcpy(&other, (const char *)(header + 1) + shape->other_node, sizeof(other));
	return check_node(fs, other, shape->other_is_dir);
}
