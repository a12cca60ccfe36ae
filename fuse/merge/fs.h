/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The merge filesystem: does what a kernel overlay mount does, in terms of node ids, descriptors
 * and negative errnos. It does not know the FUSE protocol.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "common/overlay/xattr_ids.h"
#include "common/overlay/overlay_xattr.h"
#include "common/shale.h"
#include "fuse/merge/descriptors/fdcache.h"
#include "fuse/merge/lookup/xino.h"
#include "fuse/merge/optimisations.h"
#include "fuse/merge/table/table.h"

struct fs;

/* How a mount treats redirects, which mark directories that were renamed and have lower parts. */
enum redirect {
	REDIRECT_FOLLOW,
	REDIRECT_NOFOLLOW, /* a lookup that finds one fails with EPERM */
	REDIRECT_MAKE,     /* make redirects, and follow them */
};

struct fs_options {
	const char *const *lowers; /* topmost first */
	size_t n_lowers;
	size_t n_data;     /* this many of them, the last ones, hold only data of metacopies */
	const char *upper; /* NULL: read-only */
	const char *work;
	enum xattr_class class;
	enum ownership ownership;
	struct idmaps ids;
	enum redirect redirect;
	bool metacopy; /* make and follow metacopies; else a lookup of one fails with EPERM */
	/* A lower hard link stays a link when it is copied up; not with metacopy. */
	bool index;
	bool aufs;         /* lower layers may hold whiteouts called .wh.NAME */
	bool no_sync;      /* volatile, or fsync=0 */
	bool no_atime;     /* reading changes no access time in the upper layer either */
	bool static_nlink; /* show a link count of 1 for directories */
	bool no_xattrs;
	bool ino32;
	enum xino_option xino;
	unsigned int without; /* sum of enum optimisation */
	uint64_t size;        /* limit of the upper layer; 0: none */
	uint32_t descriptors; /* most that caches keep open; 0: see descriptors/limits.h */
	/* Where the mount's state is kept for another worker; if it says that it is complete, the
	 * state there is taken over instead of the paths above. NULL: nowhere. */
	struct kept *kept;
};

/* The rights of a caller, which are looked up only when they matter. */
struct caller_rights {
	/* Whether GID is one of the caller's supplementary groups. */
	bool (*in_group)(void *arg, gid_t gid);
	/* Whether the caller has a capability (CAP_...) over a file whose owner, as shown, is in
	 * OVER; NULL: over the host. */
	bool (*capable)(void *arg, unsigned int capability, const struct stat *over);
};

/* The process that made a request. It will own new files. */
struct caller {
	uid_t uid;
	gid_t gid;
	mode_t umask;
	const struct caller_rights *rights; /* NULL: none */
	void *arg;                          /* argument for RIGHTS */
};

/* The result of a lookup: a node, whose lookup count has grown by one, and its attributes. */
struct entry {
	uint32_t node;
	uint32_t generation;
	/* The kernel must not cache the name, so that each use of it is a request. */
	bool fleeting;
	struct stat st;
};

/* Names of files are at most 255 bytes, without '/'. */
int fs_open(const struct fs_options *options, struct fs **ret, struct shale_error *err);
void fs_close(struct fs *fs);

int fs_lookup(struct fs *fs, uint32_t parent, const char *name, struct entry *ret);
void fs_forget(struct fs *fs, uint32_t node, uint64_t count);
/* The type (S_IFMT bits) of the node that the kernel knows by this number; 0: it knows none. */
uint32_t fs_type(struct fs *fs, uint64_t node);
int fs_getattr(struct fs *fs, uint32_t node, struct stat *ret);
/* When the topmost file of NODE was made; -ENODATA if its filesystem does not tell. */
int fs_birth(struct fs *fs, uint32_t node, struct timespec *ret);
/* The inode number to show for INO: see xino.h; folded to 32 bits with ino32. Entries of a
 * list are not folded yet. */
uint64_t fs_shown_ino(const struct fs *fs, uint64_t ino);
/* The caller frees RET. */
int fs_readlink(struct fs *fs, uint32_t node, char **ret);
int fs_statfs(struct fs *fs, struct statvfs *ret);

struct listed {
	const char *name;
	uint64_t ino;  /* of its inode in LAYER */
	uint32_t type; /* S_IFMT bits */
	/* The topmost one with the name when the directory was read; 0 for the dots. */
	uint16_t layer;
	bool sure; /* a lookup would find the same number and type */
	/* So far back in a long list, whose reader has not looked at what came before, that its
	 * attributes are not worth a lookup. */
	bool far;
	uint64_t next; /* offset of the next entry */
};
/* Lists NODE, beginning at OFFSET: 0, or one that FN was given; "." and ".." come first. FN returns
 * 0 to go on, or 1 to stop because the entry did not fit. */
typedef int list_fn(const struct listed *listed, void *arg);
int fs_list(struct fs *fs, uint32_t node, uint64_t offset, list_fn *fn, void *arg);

enum set {
	SET_MODE = 1,
	SET_UID = 2,
	SET_GID = 4,
	SET_SIZE = 8,
	SET_ATIME = 16,
	SET_MTIME = 32,
	SET_BY_FILE = 128, /* set the size through an open file, so that the times change too */
	SET_KILL = 64,     /* clear setuid, setgid and capabilities, as a write does */
};
/* Sets the attributes named in WHAT (tv_nsec may be UTIME_NOW) and shows the new ones. */
struct setting {
	unsigned int what;
	struct stat st;
	struct caller caller;
};
int fs_setattr(struct fs *fs, uint32_t node, const struct setting *setting, struct stat *ret);

struct creation {
	mode_t mode; /* mode with the S_IFMT bits */
	dev_t rdev;
	const char *target; /* target of a symbolic link */
	struct caller caller;
};
int fs_create(struct fs *fs, uint32_t parent, const char *name, const struct creation *what,
	struct entry *ret);
/* Makes a nameless file, to be linked or forgotten. */
int fs_tmpfile(struct fs *fs, uint32_t parent, const struct creation *what, struct entry *ret);
int fs_link(struct fs *fs, uint32_t node, uint32_t parent, const char *name, struct entry *ret);
int fs_remove(struct fs *fs, uint32_t parent, const char *name, bool directory);
/* FLAGS: RENAME_NOREPLACE or RENAME_EXCHANGE. */
int fs_rename(struct fs *fs, uint32_t parent, const char *name, uint32_t new_parent,
	const char *new_name, unsigned int flags);

/* A descriptor of a regular file's data, open for reading. fs_open_write copies the file up, and
 * opens it for writing too. */
int fs_open_read(struct fs *fs, uint32_t node, struct ref *ret);
int fs_open_write(struct fs *fs, uint32_t node, struct ref *ret);
/* The next read opens NODE's file anew, so that its filesystem drops what it has cached. */
void fs_read_anew(struct fs *fs, uint32_t node);
int fs_sync(struct fs *fs, uint32_t node, bool data_only);
/* Clears setuid and capabilities of NODE, open as FD, and setgid if the group may execute it, or if
 * CALLER is not in the group; clears nothing if CALLER may keep them. 1 if the mode has changed. */
int fs_kill_privileges(struct fs *fs, uint32_t node, int fd, const struct caller *caller);

/* Both return the number of bytes, or a negative errno (-ERANGE); SIZE 0 asks for the size. NAMES
 * gets the list. */
ssize_t fs_getxattr(struct fs *fs, uint32_t node, const char *name, void *value, size_t size);
ssize_t fs_listxattr(
	struct fs *fs, uint32_t node, const struct caller *caller, char *names, size_t size);
/* Call it when CALLER sets or removes an access ACL: clears setgid if CALLER is not in the file's
 * group. */
int fs_acl_changes(struct fs *fs, uint32_t node, const struct caller *caller);
/* VALUE NULL removes the xattr. */
int fs_setxattr(
	struct fs *fs, uint32_t node, const char *name, const void *value, size_t size, int flags);
