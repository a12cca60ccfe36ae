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
#include "fuse/merge/clones.h"
#include "fuse/merge/descriptors/fdcache.h"
#include "fuse/merge/lookup/xino.h"
#include "fuse/merge/optimisations.h"
#include "fuse/merge/table/table.h"

struct fs;

/* A redirect marks a renamed directory that has lower parts. A mount does one of these with it. */
enum redirect {
	REDIRECT_FOLLOW,
	REDIRECT_NOFOLLOW, /* a lookup that finds one fails with EPERM */
	REDIRECT_MAKE,     /* make redirects, and follow them */
};

struct fs_options {
	const char *const *lowers; /* topmost first */
	size_t n_lowers;
	size_t n_data;     /* how many of LOWERS, the last ones, hold only data of metacopies */
	const char *upper; /* NULL: read-only */
	const char *work;
	enum xattr_class class;
	enum ownership ownership;
	struct idmaps ids;
	enum redirect redirect;
	bool metacopy; /* make and follow metacopies; else a lookup of one fails with EPERM */
	/* A lower hard link stays a link when it is copied up. Not possible with metacopy. */
	bool index;
	bool aufs;    /* lower layers may hold whiteouts called .wh.NAME */
	bool no_sync; /* do not sync: volatile, or fsync=0 */
	enum atime_rule atime;
	bool no_dir_atime; /* listing a directory changes no time of access */
	bool static_nlink; /* show a link count of 1 for directories */
	bool no_xattrs;
	bool ino32;
	enum xino_option xino;
	unsigned int without; /* bits of enum optimisation: those to leave out */
	uint64_t size;        /* limit of the upper layer; 0: none */
	/* Most descriptors that caches keep open; 0: see descriptors/limits.h. */
	uint32_t descriptors;
	/*
	 * Where the mount's state is kept for another worker. If an earlier worker has completed
	 * the state there, it is taken over, and the paths above are not used. NULL: the state is
	 * not kept.
	 */
	struct kept_state *kept;
};

/* The rights of a caller. They are looked up only when they matter, because that takes long. */
struct caller_rights {
	/* Whether GID is one of the caller's supplementary groups. */
	bool (*in_group)(void *arg, gid_t gid);
	/* Whether the caller has CAPABILITY (CAP_...) over a file; OVER has its owner as the mount
	 * shows it. OVER NULL: over the host. */
	bool (*capable)(void *arg, unsigned int capability, const struct stat *over);
};

/* The process that made a request. It will own new files. */
struct caller {
	uid_t uid;
	gid_t gid;
	mode_t umask;
	const struct caller_rights *rights; /* NULL: the caller has no special rights */
	void *arg;                          /* argument for RIGHTS */
};

/* The result of a lookup: a node, whose lookup count has grown by one, and its attributes. */
struct entry {
	uint32_t node;
	uint32_t generation;
	/* The kernel must not cache the name: each use of the name has to be a request. */
	bool fleeting;
	struct stat st;
};

/* The merge filesystem's operations. They return 0 or a negative errno, if nothing else is said. A
 * file's name has at most 255 bytes, and no '/'. */
int fs_open(const struct fs_options *options, struct fs **ret, struct shale_error *err);
void fs_close(struct fs *fs);

int fs_lookup(struct fs *fs, uint32_t parent, const char *name, struct entry *ret);
void fs_forget(struct fs *fs, uint32_t node, uint64_t count);
/* Returns the type (S_IFMT bits) of the node that the kernel knows by this number; 0: it knows no
 * such node. */
uint32_t fs_type(struct fs *fs, uint64_t node);
int fs_getattr(struct fs *fs, uint32_t node, struct stat *ret);
/* Tells when the topmost file of NODE was made; -ENODATA if its filesystem does not know. */
int fs_birth(struct fs *fs, uint32_t node, struct timespec *ret);
/* Returns the inode number to show for INO (xino.h), folded to 32 bits with ino32. The numbers of
 * listed entries are not folded yet. */
uint64_t fs_shown_ino(const struct fs *fs, uint64_t ino);
/* Reads the target of a symbolic link. The caller frees RET. */
int fs_readlink(struct fs *fs, uint32_t node, char **ret);
int fs_statfs(struct fs *fs, struct statvfs *ret);

struct listed {
	const char *name;
	uint64_t ino;  /* inode number of its inode in LAYER */
	uint32_t type; /* S_IFMT bits */
	/* The topmost layer that had the name when the directory was read; 0 for the dots. */
	uint16_t layer;
	bool sure; /* a lookup would find the same number and type */
	/* The entry is so far back in a long list that its attributes are not worth a lookup, since
	 * the reader has not looked at the entries before it. */
	bool far;
	uint64_t next; /* offset of the next entry */
};
/* Lists NODE from OFFSET on: 0, or the NEXT of an entry that FN got. The entries "." and ".." come
 * first. FN returns 0 to go on, or 1 to stop because the entry did not fit. */
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
/* Sets the attributes that WHAT names, and puts the new ones into RET. A time's tv_nsec may be
 * UTIME_NOW. */
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
/* Makes a nameless file. The caller will link it or forget it. */
int fs_tmpfile(struct fs *fs, uint32_t parent, const struct creation *what, struct entry *ret);
int fs_link(struct fs *fs, uint32_t node, uint32_t parent, const char *name, struct entry *ret);
int fs_remove(struct fs *fs, uint32_t parent, const char *name, bool directory);
/* Renames a file; FLAGS are those of renameat2(2): RENAME_NOREPLACE or RENAME_EXCHANGE. */
int fs_rename(struct fs *fs, uint32_t parent, const char *name, uint32_t new_parent,
	const char *new_name, unsigned int flags);

/* Gets a descriptor of a regular file's data, open for reading. fs_open_write copies the file up
 * first, and opens it for reading and writing. */
int fs_open_read(struct fs *fs, uint32_t node, struct ref *ret);
int fs_open_write(struct fs *fs, uint32_t node, struct ref *ret);
/* Makes the next read open NODE's file anew, so that the filesystem below drops what it has cached.
 */

void fs_read_anew(struct fs *fs, uint32_t node);
int fs_sync(struct fs *fs, uint32_t node, bool data_only);
/*
 * Clears setuid and capabilities of NODE, which is open as FD. Clears setgid if the group may
 * execute the file, or if CALLER is not in the group. Clears nothing if CALLER may keep them.
 * Returns 1 if the mode has changed.
 */
int fs_kill_privileges(struct fs *fs, uint32_t node, int fd, const struct caller *caller);

/* Read an xattr's value, or the list of NAMES. Return the number of bytes, or a negative errno
 * (-ERANGE if SIZE is too small). With SIZE 0 they return the number alone. */
ssize_t fs_getxattr(struct fs *fs, uint32_t node, const char *name, void *value, size_t size);
ssize_t fs_listxattr(
	struct fs *fs, uint32_t node, const struct caller *caller, char *names, size_t size);
/* Clears setgid if CALLER is not in the file's group. Call it when CALLER sets or removes an access
 * ACL. */
int fs_acl_changes(struct fs *fs, uint32_t node, const struct caller *caller);
/* Sets an xattr; VALUE NULL removes it. */
int fs_setxattr(
	struct fs *fs, uint32_t node, const char *name, const void *value, size_t size, int flags);
