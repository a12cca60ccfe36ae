/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All that a mount holds in memory, and its locks. Within the merge filesystem only.
 *
 * Locks, in the order in which they are taken:
 * 1. node locks, a few, shared out by node id: held to copy a node up, or to take a name of a node
 *    away. A function takes several of them only by state_lock_nodes.
 * 2. TREE: for reading while a name is followed to a descriptor, for writing while a name that
 *    leads to a node is removed or moved.
 * 3. table.lock, then fds.lock: no blocking call is made under either.
 * 3. loans.lock or index.lock: never taken together with table.lock or fds.lock, or with each
 *    other.
 * The kernel serialises changes within one directory of the mount, and keeps lookups out meanwhile.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "common/overlay/sync_before_link.h"
#include "common/overlay/upper_lacks.h"
#include "fuse/merge/descriptors/fdcache.h"
#include "fuse/merge/descriptors/loans.h"
#include "fuse/merge/descriptors/writers.h"
#include "fuse/merge/fs.h"
#include "fuse/merge/gate.h"
#include "fuse/merge/lookup/roots.h"
#include "fuse/merge/quota/quota.h"
#include "fuse/merge/table/table.h"

#define MOST_LAYERS 501 /* one upper and 500 lower layers, as in the kernel */
/* Roots: those of all layers, and a work directory for each snapshot. */
#define MOST_ROOTS (MOST_LAYERS + 1 + MOST_LAYERS)
#define NODE_LOCKS 256
#define PINS_KIND  ((struct region_kind){ sizeof(struct pinned), 1u << 22, 2 })

struct fs_layer {
	int fd; /* the layer's root, O_PATH */
	dev_t dev;
	uint32_t real; /* number of the layer's root in the table, as a real directory */
	bool private;  /* opened in a clone, so no other mount can lie inside (clones.h) */
	bool has_uuid;
	bool fickle;      /* the filesystem may give an inode another number at the next lookup */
	uint8_t uuid[16]; /* uuid of its filesystem, for origin marks */
};

/* Counts of nodes that have lost their names (descriptors/unlinked.h). Guarded by table.lock. */
struct nameless {
	pthread_cond_t changed;
	atomic_uint freed;     /* how many were freed; also read without the lock */
	uint32_t left_in_vain; /* how many nodes without a name there were when a wait freed none of
				  them */
	unsigned int waiting;  /* how many threads wait */
};

struct fs {
	struct gate gate; /* closed while a snapshot changes the layers (snapshot.h) */
	/* The layers with the numbers TOP to END - 1, topmost first. So a layer keeps its number
	 * when another one is put above it. With HAS_UPPER, layer TOP is the upper one. */
	struct fs_layer *layers;
	uint16_t top, end;
	/* How many layers right below TOP were the upper one before a snapshot. */
	uint16_t n_frozen;
	struct roots roots; /* roots of the layers, and the work directory */
	bool has_upper;
	int work_lock; /* locked so that no other mount uses this upper layer */
	int old_lock; /* lock of the work directory that was used before the last snapshot; -1: none
		       */
	int work;     /* the directory "work" in the work directory; -1 without an upper layer */
	int work_obstacle; /* errno: why there is no upper layer (the work directory could not be
			      made); 0: no reason */
	struct xino xino;
	struct kept_state *kept;
	bool adopted; /* an earlier worker has filled KEPT, and this one has taken it over */
	struct fs_options options;
	enum sync_mode sync_mode;
	unsigned int lacks; /* features that the upper filesystem lacks, bits of enum upper_lack */
	bool upper_aufs;    /* ".wh." names are marks in the upper layer, too */
	uid_t uid;          /* the daemon's own user */
	gid_t gid;

	struct table table;
	struct fdcache fds;
	struct loans loans;
	struct region pins; /* the pins of FDS, under its lock */
	struct writers *writers;
	struct quota *quota; /* NULL: no limit on the upper layer */
	pthread_rwlock_t tree;
	pthread_mutex_t node_locks[NODE_LOCKS];
	pthread_mutex_t whiteout_lock; /* guards HAS_WHITEOUT */
	bool has_whiteout;             /* the shared whiteout exists in WORK */
	struct listings *listings;
	struct namecache *namecache; /* guarded by table.lock */
	struct aliases *aliases;     /* guarded by table.lock; NULL: none yet */
	struct index *index;         /* NULL: a hard link breaks when it is copied up */
	const char *index_obstacle; /* index=on was asked for: why there is no index all the same */
	/* Called when a copy-up makes the kernel's caches wrong: it may turn a directory into a
	 * merged one, or break a hard link, which then has another number. LIST: the kernel's list
	 * of the directory NODE is wrong; else its attributes of NODE are. May be NULL. */
	void (*outdated)(void *arg, uint32_t node, bool list);
	void *outdated_arg;
	unsigned int working; /* the most descriptors for running requests */
	struct nameless nameless;
	atomic_uint named_pins;     /* number of pins that are names in WORK (pins.h) */
	atomic_uint copyup_changes; /* counts changes of nodes to upper ones */
	/* Counts beginnings and ends of changes of xattrs. Guarded by table.lock. */
	uint32_t xattr_changes;
	atomic_uint_least64_t copied_files,
		copied_bytes; /* statistics: regular files copied up, and their bytes on the disk */
};

/* The form of whiteouts that this mount makes. */
enum whiteout_kind {
	WHITEOUT_DEVICE,
	WHITEOUT_MARKED, /* an empty file with an xattr */
	WHITEOUT_BESIDE, /* a file ".wh.NAME" */
};
enum whiteout_kind state_whiteout_kind(const struct fs *fs);

/* Works like fs_forget. The caller holds table.lock. */
void state_forget(struct fs *fs, uint32_t node, uint64_t count);

/* Lock or unlock the N NODES, in the right order. Skip a node that is 0. */
void state_lock_nodes(struct fs *fs, const uint32_t *nodes, size_t n);
void state_unlock_nodes(struct fs *fs, const uint32_t *nodes, size_t n);
