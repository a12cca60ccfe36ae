/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/operations.h"

#include "fuse/daemon/handlers.h"

#define OP(text, handler) .name = text, .handle = handler
#define FIXED(type)       .fixed = sizeof(struct type)
#define IN_DIR(n)         .in_dir = true, .names = n
#define OTHER_DIR(n)      .has_other = true, .other_is_dir = true, .names = n
#define OF_SESSION        .no_node = true
#define NOT_ANSWERED      .unanswered = true
#define ONCE              .once = true

/* CREATE, FLUSH and INTERRUPT have no handler, so the answer is ENOSYS. Then the kernel makes files
 * by MKNOD, closes files by itself, and sends no INTERRUPT: no handler here could be
 * interrupted. */
static const struct operation operations[MOST_OPCODES] = {
	[FUSE_LOOKUP] = { OP("LOOKUP", handle_lookup), IN_DIR(1) },
	[FUSE_FORGET] = { OP("FORGET", handle_forget), FIXED(fuse_forget_in), NOT_ANSWERED,
		.any_caller = true },
	[FUSE_GETATTR] = { OP("GETATTR", handle_getattr), FIXED(fuse_getattr_in) },
	[FUSE_SETATTR] = { OP("SETATTR", handle_setattr), FIXED(fuse_setattr_in) },
	[FUSE_READLINK] = { OP("READLINK", handle_readlink) },
	[FUSE_SYMLINK] = { OP("SYMLINK", handle_symlink), IN_DIR(1), .texts = 1, ONCE },
	[FUSE_MKNOD] = { OP("MKNOD", handle_mknod), FIXED(fuse_mknod_in), IN_DIR(1), ONCE },
	[FUSE_MKDIR] = { OP("MKDIR", handle_mkdir), FIXED(fuse_mkdir_in), IN_DIR(1), ONCE },
	[FUSE_UNLINK] = { OP("UNLINK", handle_unlink), IN_DIR(1), ONCE },
	[FUSE_RMDIR] = { OP("RMDIR", handle_rmdir), IN_DIR(1), ONCE },
	[FUSE_RENAME] = { OP("RENAME", handle_rename), FIXED(fuse_rename_in), .in_dir = true,
		OTHER_DIR(2), ONCE },
	[FUSE_LINK] = { OP("LINK", handle_link), FIXED(fuse_link_in), IN_DIR(1), .has_other = true,
		ONCE },
	[FUSE_OPEN] = { OP("OPEN", handle_open), FIXED(fuse_open_in) },
	[FUSE_READ] = { OP("READ", handle_read), FIXED(fuse_read_in), .any_caller = true },
	[FUSE_WRITE] = { OP("WRITE", handle_write), FIXED(fuse_write_in), .any_caller = true },
	[FUSE_STATFS] = { OP("STATFS", handle_statfs), OF_SESSION },
	[FUSE_RELEASE] = { OP("RELEASE", handle_release), FIXED(fuse_release_in),
		.any_caller = true },
	[FUSE_FSYNC] = { OP("FSYNC", handle_fsync), FIXED(fuse_fsync_in), .any_caller = true },
	[FUSE_SETXATTR] = { OP("SETXATTR", handle_setxattr), .fixed = FUSE_COMPAT_SETXATTR_IN_SIZE,
		.texts = 1, ONCE },
	[FUSE_GETXATTR] = { OP("GETXATTR", handle_getxattr), FIXED(fuse_getxattr_in), .texts = 1 },
	[FUSE_LISTXATTR] = { OP("LISTXATTR", handle_listxattr), FIXED(fuse_getxattr_in) },
	[FUSE_REMOVEXATTR] = { OP("REMOVEXATTR", handle_removexattr), .texts = 1, ONCE },
	[FUSE_FLUSH] = { .name = "FLUSH" },
	[FUSE_INIT] = { OP("INIT", handle_init), .fixed = INIT_IN_OLD, OF_SESSION,
		.any_caller = true },
	[FUSE_OPENDIR] = { OP("OPENDIR", handle_opendir), FIXED(fuse_open_in), IN_DIR(0) },
	[FUSE_READDIR] = { OP("READDIR", handle_readdir), FIXED(fuse_read_in), IN_DIR(0),
		.any_caller = true },
	[FUSE_RELEASEDIR] = { OP("RELEASEDIR", handle_release), FIXED(fuse_release_in),
		.any_caller = true },
	[FUSE_FSYNCDIR] = { OP("FSYNCDIR", handle_fsync), FIXED(fuse_fsync_in), IN_DIR(0),
		.any_caller = true },
	[FUSE_GETLK] = { .name = "GETLK" },
	[FUSE_SETLK] = { .name = "SETLK" },
	[FUSE_SETLKW] = { .name = "SETLKW" },
	[FUSE_ACCESS] = { .name = "ACCESS" },
	[FUSE_CREATE] = { .name = "CREATE" },
	[FUSE_INTERRUPT] = { .name = "INTERRUPT" },
	[FUSE_BMAP] = { .name = "BMAP" },
	[FUSE_DESTROY] = { OP("DESTROY", handle_destroy), OF_SESSION, .any_caller = true },
	[FUSE_IOCTL] = { OP("IOCTL", handle_ioctl), FIXED(fuse_ioctl_in) },
	[FUSE_POLL] = { .name = "POLL" },
	[FUSE_NOTIFY_REPLY] = { OP("NOTIFY_REPLY", handle_nothing), OF_SESSION, NOT_ANSWERED,
		.any_caller = true },
	[FUSE_BATCH_FORGET] = { OP("BATCH_FORGET", handle_batch_forget),
		FIXED(fuse_batch_forget_in), OF_SESSION, NOT_ANSWERED, .any_caller = true },
	[FUSE_FALLOCATE] = { OP("FALLOCATE", handle_fallocate), FIXED(fuse_fallocate_in) },
	[FUSE_READDIRPLUS] = { OP("READDIRPLUS", handle_readdirplus), FIXED(fuse_read_in),
		IN_DIR(0), .any_caller = true },
	[FUSE_RENAME2] = { OP("RENAME2", handle_rename2), FIXED(fuse_rename2_in), .in_dir = true,
		OTHER_DIR(2), ONCE },
	[FUSE_LSEEK] = { OP("LSEEK", handle_lseek), FIXED(fuse_lseek_in) },
	[FUSE_COPY_FILE_RANGE] = { OP("COPY_FILE_RANGE", handle_copy_file_range),
		FIXED(fuse_copy_file_range_in), .has_other = true,
		.other_at = offsetof(struct fuse_copy_file_range_in, nodeid_out) },
	/* The kernel sends SYNCFS only to servers of virtiofs. */
	[FUSE_SYNCFS] = { .name = "SYNCFS" },
	[FUSE_STATX_REQUEST] = { OP("STATX", handle_statx), FIXED(statx_request) },
	[FUSE_TMPFILE] = { OP("TMPFILE", handle_tmpfile), FIXED(fuse_create_in), IN_DIR(0) },
};

const struct operation *operation_of(uint32_t opcode)
{
	const struct operation *operation = opcode < MOST_OPCODES ? &operations[opcode] : NULL;

	return operation && operation->handle ? operation : NULL;
}

const char *operation_name(uint32_t opcode)
{
	return opcode < MOST_OPCODES ? operations[opcode].name : NULL;
}
