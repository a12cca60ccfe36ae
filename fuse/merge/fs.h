/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The merge filesystem: what a kernel overlay mount does, in terms of node ids, plain descriptors
 * and negative errnos; it knows nothing of the FUSE protocol.
 *
 * Locks, in the order in which they are taken:
 * 1. node locks (a few, shared out by node id): held by whoever copies a node up or takes a name of
 * it away, several at once only through fs_lock_nodes;
 * 2. TREE: for reading while a name is followed to a descriptor, for writing while a name that
 * leads to a node is removed or moved;
 * 3. table.lock, 4. fds.lock: no blocking call under either;
 * 3. index.lock, beside those two: none of them is taken below the other.
 * The kernel serialises changes within one directory of the mount, and keeps lookups out meanwhile.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "common/overlay/xattr_ids.h"
#include "common/overlay/sync_before_link.h"
#include "common/overlay/overlay_xattr.h"
#include "common/shale.h"
#include "fuse/merge/descriptors/fdcache.h"
#include "fuse/merge/optimisations.h"
#include "fuse/merge/quota/quota.h"
#include "fuse/merge/table/table.h"
#include "fuse/merge/descriptors/writers.h"

#define MOST_LAYERS 501 /* an upper and 500 lowers, as the kernel has it */
#define NODE_LOCKS  256

struct fs_layer {
	int fd; /* the layer's root, O_PATH */
	dev_t dev;
	uint32_t real; /* the same as a real directory */
	bool private;  /* nothing is mounted in it: see clones.h */
	bool has_uuid;
	bool fickle; /* its filesystem may give an inode another number when it is looked up anew */
	uint8_t uuid[16]; /* of its filesystem, for origin marks */
};

/* What becomes of redirects: directories that were renamed though they have lower parts. */
enum redirect {
	REDIRECT_FOLLOW,
	REDIRECT_NOFOLLOW, /* what lies behind one is not shown (EPERM) */
	REDIRECT_MAKE,     /* and followed */
};

struct fs_options {
	const char *const *lowers; /* topmost first */
	size_t n_lowers;
	size_t n_data;     /* how many of them, the last ones, hold but the data of metacopies */
	const char *upper; /* NULL: read-only */
	const char *work;
	enum xattr_class class;
	enum ownership ownership;
	struct idmaps ids;
	enum redirect redirect;
	bool metacopy;     /* made and followed; else what is one is not shown (EPERM) */
	bool index;        /* lower hard links stay links when copied up; not with metacopy */
	bool aufs;         /* lower layers may hold whiteouts called .wh.NAME */
	bool no_sync;      /* volatile, or fsync=0 */
	bool static_nlink; /* show 1 for directories */
	bool no_xattrs;
	bool ino32;
	unsigned int without; /* sum of enum optimisation */
	uint64_t size;        /* of the upper layer, at the most; 0: no limit */
	uint32_t descriptors; /* kept open by caches at the most; 0: see descriptors.c */
};

struct fs {
	struct fs_layer *layers; /* [0] is the upper one if there is one */
	size_t n_layers;
	bool has_upper;
	int work_lock; /* held: nobody else mounts this upper layer */
	int work;      /* the directory "work" inside the work directory; -1 without an upper */
	struct fs_options options;
	enum sync_mode sync_mode;
	uid_t uid; /* of this process */
	gid_t gid;

	struct table table;
	struct fdcache fds;
	struct writers *writers;
	struct quota *quota; /* NULL: the upper layer may grow */
	pthread_rwlock_t tree;
	pthread_mutex_t node_locks[NODE_LOCKS];
	dev_t devs[256]; /* filesystems met so far; the index is a node's fs. Guarded by table.lock
			  */
	uint16_t n_devs;
	pthread_mutex_t whiteout_lock; /* guards the next */
	bool has_whiteout;             /* WORK holds the whiteout that others are links to */
	struct listings *listings;
	struct index *index;        /* NULL: hard links break when they are copied up */
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
struct caller_rights {
	/* Whether one of the caller's other groups is GID. */
	bool (*in_group)(void *arg, gid_t gid);
	/* Whether they have a capability (CAP_...) over a file with the owner that OVER shows;
	 * NULL: over the host. */
	bool (*capable)(void *arg, unsigned int capability, const struct stat *over);
};

/* Who asks: new files are theirs. */
struct caller {
	uid_t uid;
	gid_t gid;
	mode_t umask;
	const struct caller_rights *rights; /* NULL: none */
	void *arg;                          /* for RIGHTS */
};

/* What a name leads to: a node, counted as looked up once, and what stat shows of it. */
struct entry {
	uint32_t node;
	uint32_t generation;
	/* Which name of the file is used must be seen each time: it is not to be remembered. */
	bool fleeting;
	struct stat st;
};

/* Names of files are at most 255 bytes, without '/'. */
int fs_open(const struct fs_options *options, struct fs **ret, struct shale_error *err);
void fs_close(struct fs *fs);

int fs_lookup(struct fs *fs, uint32_t parent, const char *name, struct entry *ret);
void fs_forget(struct fs *fs, uint32_t node, uint64_t count);
/* The type (S_IFMT bits) of the node that was handed out under this number; 0: there is none. */
uint32_t fs_type(struct fs *fs, uint64_t node);
/* The same with table.lock held. */
void fs_forget_locked(struct fs *fs, uint32_t node, uint64_t count);
int fs_getattr(struct fs *fs, uint32_t node, struct stat *ret);
/* What users see of a node's number: all of it, or folded to 32 bits. A list's entries have the
 * whole.
 */
uint64_t fs_shown_ino(const struct fs *fs, uint64_t ino);
/* The caller frees RET. */
int fs_readlink(struct fs *fs, uint32_t node, char **ret);
int fs_statfs(struct fs *fs, struct statvfs *ret);

struct listed {
	const char *name;
	uint64_t ino;
	uint32_t type;  /* S_IFMT bits */
	uint16_t layer; /* the topmost that had it when the directory was read; 0 for the dots */
	uint64_t next;  /* the offset behind the entry */
};
/* Lists NODE from where OFFSET (0, or one that FN was given) leaves off; "." and ".." come first.
 * FN returns 0 to go on, or 1: this entry had no room, stop. */
typedef int list_fn(const struct listed *listed, void *arg);
int fs_list(struct fs *fs, uint32_t node, uint64_t offset, list_fn *fn, void *arg);

enum set {
	SET_MODE = 1,
	SET_UID = 2,
	SET_GID = 4,
	SET_SIZE = 8,
	SET_ATIME = 16,
	SET_MTIME = 32,
	SET_BY_FILE = 128, /* the size: through an open file, so that the times change too */
	SET_KILL = 64,     /* drop setuid, setgid and capabilities, as a write does */
};
/* Sets the attributes named in WHAT (tv_nsec may be UTIME_NOW) and shows the new ones. */
struct setting {
	unsigned int what;
	struct stat st;
	struct caller caller;
};
int fs_setattr(struct fs *fs, uint32_t node, const struct setting *setting, struct stat *ret);

struct creation {
	mode_t mode; /* with its S_IFMT bits */
	dev_t rdev;
	const char *target; /* of a symbolic link */
	struct caller caller;
};
int fs_create(struct fs *fs, uint32_t parent, const char *name, const struct creation *what,
	struct entry *ret);
/* A nameless file, to be linked or forgotten. */
int fs_tmpfile(struct fs *fs, uint32_t parent, const struct creation *what, struct entry *ret);
int fs_link(struct fs *fs, uint32_t node, uint32_t parent, const char *name, struct entry *ret);
int fs_remove(struct fs *fs, uint32_t parent, const char *name, bool directory);
/* FLAGS: RENAME_NOREPLACE or RENAME_EXCHANGE. */
int fs_rename(struct fs *fs, uint32_t parent, const char *name, uint32_t new_parent,
	const char *new_name, unsigned int flags);

/* A descriptor of a regular file's data, good for reading; for writing too, copied up first. */
int fs_open_read(struct fs *fs, uint32_t node, struct ref *ret);
int fs_open_write(struct fs *fs, uint32_t node, struct ref *ret);
int fs_sync(struct fs *fs, uint32_t node, bool data_only);
/* Drops setuid and capabilities of NODE, open as FD, and setgid of a file that its group may run,
 * or whose group CALLER is not in; nothing if CALLER may keep them. 1 if the mode has changed. */
int fs_kill_privileges(struct fs *fs, uint32_t node, int fd, const struct caller *caller);

/* Bytes, or a negative errno (-ERANGE); SIZE 0 asks for the size. NAMES: a list in getxattr's
 * place. */
ssize_t fs_getxattr(struct fs *fs, uint32_t node, const char *name, void *value, size_t size);
ssize_t fs_listxattr(
	struct fs *fs, uint32_t node, const struct caller *caller, char *names, size_t size);
/* When CALLER sets or removes an access ACL, setgid goes if the file's group is not one of theirs.
 */
int fs_acl_changes(struct fs *fs, uint32_t node, const struct caller *caller);
/* VALUE NULL: remove. */
int fs_setxattr(
	struct fs *fs, uint32_t node, const char *name, const void *value, size_t size, int flags);
