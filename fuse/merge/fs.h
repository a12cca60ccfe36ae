/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The merge filesystem: what a kernel overlay mount does, in terms of node ids, plain descriptors
 * and negative errnos; it knows nothing of the FUSE protocol.
 *
 * Locks, in the order in which they are taken:
 * 1. node locks (a few, shared out by node id): held by whoever copies a node up or takes a name of
 * it away, several at once only through shale_fs_lock_nodes;
 * 2. TREE: for reading while a name is followed to a descriptor, for writing while a name that
 * leads to a node is removed or moved;
 * 3. table.lock, 4. fds.lock: no blocking call under either;
 * 3. shale_index.lock, beside those two: none of them is taken below the other.
 * The kernel serialises changes within one directory of the mount, and keeps lookups out meanwhile.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "common/overlay/idvalue.h"
#include "common/overlay/settle.h"
#include "common/overlay/xattr.h"
#include "common/shale.h"
#include "fuse/merge/fdcache.h"
#include "fuse/merge/levers.h"
#include "fuse/merge/quota.h"
#include "fuse/merge/table.h"
#include "fuse/merge/writers.h"

#define SHALE_MOST_LAYERS 501 /* an upper and 500 lowers, as the kernel has it */
#define SHALE_NODE_LOCKS  256

struct shale_fs_layer {
	int fd; /* the layer's root, O_PATH */
	dev_t dev;
	uint32_t real; /* the same as a real directory */
	bool private;  /* nothing is mounted in it: see clones.h */
	bool has_uuid;
	bool fickle; /* its filesystem may give an inode another number when it is looked up anew */
	uint8_t uuid[16]; /* of its filesystem, for origin marks */
};

/* What becomes of redirects: directories that were renamed though they have lower parts. */
enum shale_redirect {
	SHALE_REDIRECT_FOLLOW,
	SHALE_REDIRECT_NOFOLLOW, /* what lies behind one is not shown (EPERM) */
	SHALE_REDIRECT_MAKE,     /* and followed */
};

struct shale_fs_options {
	const char *const *lowers; /* topmost first */
	size_t n_lowers;
	size_t n_data;     /* how many of them, the last ones, hold but the data of metacopies */
	const char *upper; /* NULL: read-only */
	const char *work;
	enum shale_xattr_class class;
	enum shale_ownership ownership;
	struct shale_idmaps ids;
	enum shale_redirect redirect;
	bool metacopy;     /* made and followed; else what is one is not shown (EPERM) */
	bool index;        /* lower hard links stay links when copied up; not with metacopy */
	bool aufs;         /* lower layers may hold whiteouts called .wh.NAME */
	bool no_sync;      /* volatile, or fsync=0 */
	bool static_nlink; /* show 1 for directories */
	bool no_xattrs;
	bool ino32;
	unsigned int without; /* sum of enum shale_lever */
	uint64_t size;        /* of the upper layer, at the most; 0: no limit */
	uint32_t descriptors; /* kept open by caches at the most; 0: see descriptors.c */
};

struct shale_fs {
	struct shale_fs_layer *layers; /* [0] is the upper one if there is one */
	size_t n_layers;
	bool has_upper;
	int work_lock; /* held: nobody else mounts this upper layer */
	int work;      /* the directory "work" inside the work directory; -1 without an upper */
	struct shale_fs_options options;
	enum shale_settling settling;
	uid_t uid; /* of this process */
	gid_t gid;

	struct shale_table table;
	struct shale_fdcache fds;
	struct shale_writers *writers;
	struct shale_quota *quota; /* NULL: the upper layer may grow */
	pthread_rwlock_t tree;
	pthread_mutex_t node_locks[SHALE_NODE_LOCKS];
	dev_t devs[256]; /* filesystems met so far; the index is a node's fs. Guarded by table.lock
			  */
	uint16_t n_devs;
	pthread_mutex_t whiteout_lock; /* guards the next */
	bool has_whiteout;             /* WORK holds the whiteout that others are links to */
	struct shale_listings *listings;
	struct shale_index *index;  /* NULL: hard links break when they are copied up */
	const char *index_obstacle; /* why that is so though it was asked for */
	/* Told when the kernel's caches are wrong though nobody asked for a change: a copy-up makes
	 * a directory a merged one, and breaks a hard link, which has another number from then on.
	 * LIST: what readdir showed of the directory NODE; else what stat showed. May be NULL. */
	void (*outdated)(void *arg, uint32_t node, bool list);
	void *outdated_arg;
	unsigned int working;   /* descriptors that requests at work may have open */
	atomic_uint named_pins; /* names in WORK: see pins.h */
	atomic_uint copied_up;  /* how many copy-ups the table knows of */
	uint32_t xattr_changes; /* begun or ended; guarded by table.lock */
	atomic_uint_least64_t copied_files, copied_bytes; /* regular files copied up so far */
	atomic_bool no_rename_whiteout; /* the upper filesystem lacks RENAME_WHITEOUT */
};

/* What is found out about a caller when it matters. */
struct shale_caller_rights {
	/* Whether one of the caller's other groups is GID. */
	bool (*in_group)(void *arg, gid_t gid);
	/* Whether they have a capability (CAP_...) over a file with the owner that OVER shows;
	 * NULL: over the host. */
	bool (*capable)(void *arg, unsigned int capability, const struct stat *over);
};

/* Who asks: new files are theirs. */
struct shale_caller {
	uid_t uid;
	gid_t gid;
	mode_t umask;
	const struct shale_caller_rights *rights; /* NULL: none */
	void *arg;                                /* for RIGHTS */
};

/* What a name leads to: a node, counted as looked up once, and what stat shows of it. */
struct shale_entry {
	uint32_t node;
	uint32_t generation;
	/* Which name of the file is used must be seen each time: it is not to be remembered. */
	bool fleeting;
	struct stat st;
};

/* Names of files are at most 255 bytes, without '/'. */
int shale_fs_open(
	const struct shale_fs_options *options, struct shale_fs **ret, struct shale_error *err);
void shale_fs_close(struct shale_fs *fs);

int shale_fs_lookup(
	struct shale_fs *fs, uint32_t parent, const char *name, struct shale_entry *ret);
void shale_fs_forget(struct shale_fs *fs, uint32_t node, uint64_t count);
/* The type (S_IFMT bits) of the node that was handed out under this number; 0: there is none. */
uint32_t shale_fs_type(struct shale_fs *fs, uint64_t node);
/* The same with table.lock held. */
void shale_fs_forget_locked(struct shale_fs *fs, uint32_t node, uint64_t count);
int shale_fs_getattr(struct shale_fs *fs, uint32_t node, struct stat *ret);
/* What users see of a node's number: all of it, or folded to 32 bits. A list's entries have the
 * whole.
 */
uint64_t shale_fs_shown_ino(const struct shale_fs *fs, uint64_t ino);
/* The caller frees RET. */
int shale_fs_readlink(struct shale_fs *fs, uint32_t node, char **ret);
int shale_fs_statfs(struct shale_fs *fs, struct statvfs *ret);

struct shale_listed {
	const char *name;
	uint64_t ino;
	uint32_t type;  /* S_IFMT bits */
	uint16_t layer; /* the topmost that had it when the directory was read; 0 for the dots */
	uint64_t next;  /* the offset behind the entry */
};
/* Lists NODE from where OFFSET (0, or one that FN was given) leaves off; "." and ".." come first.
 * FN returns 0 to go on, or 1: this entry had no room, stop. */
typedef int shale_list_fn(const struct shale_listed *listed, void *arg);
int shale_fs_list(
	struct shale_fs *fs, uint32_t node, uint64_t offset, shale_list_fn *fn, void *arg);

enum shale_set {
	SHALE_SET_MODE = 1,
	SHALE_SET_UID = 2,
	SHALE_SET_GID = 4,
	SHALE_SET_SIZE = 8,
	SHALE_SET_ATIME = 16,
	SHALE_SET_MTIME = 32,
	SHALE_SET_BY_FILE = 128, /* the size: through an open file, so that the times change too */
	SHALE_SET_KILL = 64,     /* drop setuid, setgid and capabilities, as a write does */
};
/* Sets the attributes named in WHAT (tv_nsec may be UTIME_NOW) and shows the new ones. */
struct shale_setting {
	unsigned int what;
	struct stat st;
	struct shale_caller caller;
};
int shale_fs_setattr(
	struct shale_fs *fs, uint32_t node, const struct shale_setting *setting, struct stat *ret);

struct shale_creation {
	mode_t mode; /* with its S_IFMT bits */
	dev_t rdev;
	const char *target; /* of a symbolic link */
	struct shale_caller caller;
};
int shale_fs_create(struct shale_fs *fs, uint32_t parent, const char *name,
	const struct shale_creation *what, struct shale_entry *ret);
/* A nameless file, to be linked or forgotten. */
int shale_fs_tmpfile(struct shale_fs *fs, uint32_t parent, const struct shale_creation *what,
	struct shale_entry *ret);
int shale_fs_link(struct shale_fs *fs, uint32_t node, uint32_t parent, const char *name,
	struct shale_entry *ret);
int shale_fs_remove(struct shale_fs *fs, uint32_t parent, const char *name, bool directory);
/* FLAGS: RENAME_NOREPLACE or RENAME_EXCHANGE. */
int shale_fs_rename(struct shale_fs *fs, uint32_t parent, const char *name, uint32_t new_parent,
	const char *new_name, unsigned int flags);

/* A descriptor of a regular file's data, good for reading; for writing too, copied up first. */
int shale_fs_open_read(struct shale_fs *fs, uint32_t node, struct shale_ref *ret);
int shale_fs_open_write(struct shale_fs *fs, uint32_t node, struct shale_ref *ret);
int shale_fs_sync(struct shale_fs *fs, uint32_t node, bool data_only);
/* Drops setuid and capabilities of NODE, open as FD, and setgid of a file that its group may run,
 * or whose group CALLER is not in; nothing if CALLER may keep them. 1 if the mode has changed. */
int shale_fs_kill_privileges(
	struct shale_fs *fs, uint32_t node, int fd, const struct shale_caller *caller);

/* Bytes, or a negative errno (-ERANGE); SIZE 0 asks for the size. NAMES: a list in getxattr's
 * place. */
ssize_t shale_fs_getxattr(
	struct shale_fs *fs, uint32_t node, const char *name, void *value, size_t size);
ssize_t shale_fs_listxattr(struct shale_fs *fs, uint32_t node, const struct shale_caller *caller,
	char *names, size_t size);
/* When CALLER sets or removes an access ACL, setgid goes if the file's group is not one of theirs.
 */
int shale_fs_acl_changes(struct shale_fs *fs, uint32_t node, const struct shale_caller *caller);
/* VALUE NULL: remove. */
int shale_fs_setxattr(struct shale_fs *fs, uint32_t node, const char *name, const void *value,
	size_t size, int flags);
