/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One operation of a run: a system call, its arguments, the user who makes it, and its text
 * form. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum op_kind {
	OP_OPEN, /* opens; for writing without O_TRUNC it also writes at once: see allowed.h */
	OP_TMPFILE,
	OP_CLOSE,
	OP_READ,
	OP_PREAD,
	OP_WRITE,
	OP_PWRITE,
	OP_MMAP,      /* a shared mapping, which is written to */
	OP_MMAP_READ, /* a private mapping that is written to, or a shared one that is only read */
	OP_SEEK,
	OP_FTRUNCATE,
	OP_FALLOCATE,
	OP_COPY_RANGE,
	OP_FSYNC,
	OP_FLOCK,
	OP_OFD_LOCK,
	OP_FSTAT,
	OP_FCHMOD,
	OP_FCHOWN,
	OP_FUTIMENS,
	OP_FSETXATTR,
	OP_FGETXATTR,
	OP_FLISTXATTR,
	OP_FREMOVEXATTR,
	OP_LINKFD,
	OP_STAT,
	OP_ACCESS,
	OP_READDIR,
	OP_STATFS,
	OP_READLINK,
	OP_READFILE,
	OP_MKDIR,
	OP_RMDIR,
	OP_UNLINK,
	OP_RENAME,
	OP_LINK,
	OP_SYMLINK,
	OP_MKNOD,
	OP_CHMOD,
	OP_CHOWN,
	OP_TRUNCATE,
	OP_UTIMENS,
	OP_SETXATTR,
	OP_GETXATTR,
	OP_LISTXATTR,
	OP_REMOVEXATTR,
	OP_GETFLAGS, /* flags of chattr(1) */
	OP_SETFLAGS,
	OP_RESTACK, /* upper becomes the topmost lower layer, and a new, empty upper is mounted over
		       it */
	OP_KINDS
};

#define OP_SLOTS 6 /* number of files that stay open across operations */
#define OP_NOW   (-1)
#define OP_OMIT  (-2)

struct op {
	enum op_kind kind;
	int64_t cred;  /* the user: an index for credentials.h */
	int64_t umask; /* umask for calls that make files */
	int64_t base; /* 1 + the slot of the directory that paths start from; 0: the mount's root */
	int64_t slot, slot2;
	/* flags of open, rename, *at, setxattr, fallocate, mmap, locks or chattr; or whence of
	 * seek */

	int64_t flags;
	int64_t mode;
	int64_t major, minor;
	int64_t uid, gid; /* -1: do not change */
	int64_t offset, offset2;
	int64_t length;       /* buffer size of getxattr and listxattr; 0: long enough */
	int64_t atime, mtime; /* seconds; or OP_NOW, OP_OMIT */
	int64_t seed;         /* the bytes to write follow from it */
	char path[1100], path2[1100];
	char name[64];   /* name of an xattr */
	char value[512]; /* value of an xattr, in hexadecimal; or a link's target */
};

const char *op_name(enum op_kind kind);
/* Whether operations of this kind make, change or remove a name. */
int op_changes_path(enum op_kind kind);

/* Access and modification time, for utimensat(2). */
void op_times(const struct op *op, struct timespec ret[2]);

/* Prints OP as one line, "KIND key=value ... # flags in words", without zero values. */
void op_print(const struct op *op, FILE *out);
/* Parses a line of op_print. Returns 0, or -EINVAL for any other line. */
int op_parse(const char *line, struct op *ret);
