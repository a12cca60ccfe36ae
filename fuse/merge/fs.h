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

/* How the mount treats redirects, the xattrs that lead from a renamed directory to its lower
 * directories. */
enum redirect {
	REDIRECT_FOLLOW,
	REDIRECT_NOFOLLOW, /* a lookup that finds a redirect fails with EPERM */
	REDIRECT_MAKE,     /* make redirects, and follow them */
};

struct fs_options {
	const char *const *lowers; /* topmost first */
	size_t n_lowers;
	size_t n_data;     /* the last N_DATA of LOWERS hold only data of metacopies */
	const char *upper; /* NULL: read-only */
	const char *work;
	enum xattr_class class;
	enum ownership ownership;
	struct idmaps ids;
	enum redirect redirect;
	bool metacopy; /* make and follow metacopies; else a lookup of one fails with EPERM */
	/* A lower hard link stays a link when it is copied up. Not possible with metacopy. */
	bool index;
	bool aufs;    /* lower layers may hold aufs whiteouts (".wh.NAME") */
	bool no_sync; /* do not sync (mount options volatile and fsync=0) */
	enum atime_rule atime;
	bool no_dir_atime; /* listing a directory does not update its access time */
	bool static_nlink; /* show a link count of 1 for directories */
	bool no_xattrs;
	bool ino32;
	enum xino_option xino;
	unsigned int without; /* bits of enum optimisation: those to leave out */
	uint64_t size;        /* limit on the bytes of the upper layer; 0: none */
	/* The most descriptors that caches may keep open; 0: descriptors/limits.h decides. */
	uint32_t descriptors;
	/* Where this mount's state is kept for the next worker. If an earlier worker has completed
	 * the state, takes it over, and ignores the paths above. NULL: nothing is kept. */
	struct kept_state *kept;
};

/* The rights of a caller. Asked only when they matter, because to read them from /proc takes
 * long. */
struct caller_rights {
	/* Whether GID is one of the caller's supplementary groups. */
	bool (*in_group)(void *arg, gid_t gid);
	/* Whether the caller has CAPABILITY (CAP_...) over a file. OVER is the file's stat as the
	 * mount shows it; NULL: over the host. */
	bool (*capable)(void *arg, unsigned int capability, const struct stat *over);
};

/* The process that made a request. New files get its uid and gid. */
struct caller {
	uid_t uid;
	gid_t gid;
	mode_t umask;
	const struct caller_rights *rights; /* NULL: the caller has no special rights */
	void *arg;                          /* passed to the functions of RIGHTS */
};

/* The result of a lookup: the attributes of a node. The node's lookup count has grown by one. */
struct entry {
	uint32_t node;
	uint32_t generation;
	/* The kernel must not cache the name, but send a request at each use. */
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
/* Returns the birth time of the topmost file of NODE; -ENODATA if its filesystem keeps none. */
int fs_birth(struct fs *fs, uint32_t node, struct timespec *ret);
/* Returns the inode number that the mount shows for INO (xino.h). With the option ino32 it has 32
 * bits. fs_list reports numbers that have not passed this function yet. */
uint64_t fs_shown_ino(const struct fs *fs, uint64_t ino);
/* Reads the target of a symbolic link. The caller frees RET. */
int fs_readlink(struct fs *fs, uint32_t node, char **ret);
int fs_statfs(struct fs *fs, struct statvfs *ret);

struct listed {
	const char *name;
	uint64_t ino;  /* inode number of its inode in LAYER */
	uint32_t type; /* S_IFMT bits */
	/* The topmost layer that had the name when the directory was read; 0 for "." and "..". */
	uint16_t layer;
	bool sure; /* a lookup would report the same number and type */
	/* This entry is far back in a long list whose reader has not looked at earlier entries: a
	 * lookup for its attributes is not worth the time. */
	bool far;
	uint64_t next; /* offset of the next entry */
};
/* Lists NODE from OFFSET on: 0, or NEXT of an entry that FN got earlier. "." and ".." come first.
 * FN returns 0 to go on; 1 stops the listing, because this entry did not fit. */
typedef int list_fn(const struct listed *listed, void *arg);
int fs_list(struct fs *fs, uint32_t node, uint64_t offset, list_fn *fn, void *arg);

enum set {
	SET_MODE = 1,
	SET_UID = 2,
	SET_GID = 4,
	SET_SIZE = 8,
	SET_ATIME = 16,
	SET_MTIME = 32,
	SET_BY_FILE = 128, /* set the size of an open file, so that its times change even if the
			      size stays */
	SET_KILL = 64,     /* clear setuid, setgid and capabilities, as a write does */
};
/* Sets the attributes that are named in WHAT; RET gets all attributes afterwards. The tv_nsec of a
 * time may be UTIME_NOW. */
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
/* Makes a file without a name, which the caller then links or forgets. */
int fs_tmpfile(struct fs *fs, uint32_t parent, const struct creation *what, struct entry *ret);
int fs_link(struct fs *fs, uint32_t node, uint32_t parent, const char *name, struct entry *ret);
int fs_remove(struct fs *fs, uint32_t parent, const char *name, bool directory);
/* Renames a file; FLAGS are those of renameat2(2): RENAME_NOREPLACE or RENAME_EXCHANGE. */
int fs_rename(struct fs *fs, uint32_t parent, const char *name, uint32_t new_parent,
	const char *new_name, unsigned int flags);

/* Get a descriptor of the data of a regular file. fs_open_read opens it for reading. fs_open_write
 * first copies the file up, and opens it for reading and writing. */
int fs_open_read(struct fs *fs, uint32_t node, struct ref *ret);
int fs_open_write(struct fs *fs, uint32_t node, struct ref *ret);
/* Drops the cached descriptor for reading NODE's file: the next read opens the file again, and the
 * filesystem below then drops its own cache (close-to-open). */
void fs_read_anew(struct fs *fs, uint32_t node);
int fs_sync(struct fs *fs, uint32_t node, bool data_only);
/* Clears setuid and capabilities of NODE, which is open as FD; also setgid if the group may execute
 * the file, or CALLER is not in the group. Clears nothing that CALLER may keep. Returns 1 if the
 * mode has changed. */
int fs_kill_privileges(struct fs *fs, uint32_t node, int fd, const struct caller *caller);

/* Read the value of an xattr, or the list of names. Return the number of bytes, or a negative errno
 * (-ERANGE if SIZE is too small). SIZE 0: return the number alone. */
ssize_t fs_getxattr(struct fs *fs, uint32_t node, const char *name, void *value, size_t size);
ssize_t fs_listxattr(
	struct fs *fs, uint32_t node, const struct caller *caller, char *names, size_t size);
/* CALLER is about to set or remove an access ACL: clears setgid if CALLER is not in the file's
 * group. */
int fs_acl_changes(struct fs *fs, uint32_t node, const struct caller *caller);
/* Sets an xattr; VALUE NULL removes it. */
int fs_setxattr(
	struct fs *fs, uint32_t node, const char *name, const void *value, size_t size, int flags);
