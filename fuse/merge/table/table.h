/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inode table of a mount.
 *
 * A node is an inode that the kernel knows; its number is the FUSE node id. A real directory is a
 * directory of one layer. The node of a merged directory has a list of real directories, topmost
 * first. Any other node lies in one real directory, under its name. All of them refer to each other
 * by index, in memfds.
 *
 * LOCK guards everything here. It is taken after all other locks, and no system call is made while
 * it is held. The caller holds it at each function that does not say otherwise.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "fuse/merge/table/kept_state.h"
#include "fuse/merge/table/names.h"
#include "fuse/merge/table/region.h"

#define ROOT_NODE        1u
#define MOST_FILESYSTEMS KEPT_FILESYSTEMS
#define TABLE_MOST_NODES (1u << 27)

enum node_flags {
	/* It is in the upper layer. For a directory: its topmost real directory is there. */
	NODE_UPPER = 1,
	NODE_UNLINKED = 2, /* it has no name any more; in the upper layer its pin leads to it */
	NODE_OPAQUE = 4,   /* the upper directory is marked opaque */
	NODE_ORIGIN = 8,   /* the upper inode has an origin */
	/* Its key is (parent, name), because it is a lower hard link, which a copy-up breaks. */
	NODE_BY_NAME = 16,
	NODE_HASHED = 32,
	NODE_NO_DATA = 64, /* it is a metacopy whose data are in no layer */
	/* The node is known to lack these xattrs. The kernel asks for them very often. */
	NODE_NO_CAPABILITY = 128, /* security.capability */
	NODE_NO_ACL = 256,        /* system.posix_acl_access */
	NODE_NO_DEFAULT_ACL = 512,
	NODE_NO_SELINUX = 1024,
	NODE_NO_XATTRS = 2048,     /* it has no xattr that the mount shows */
	NODE_NO_PROTECTION = 4096, /* it is neither immutable nor append-only */
	NODE_INDEXED = 8192,       /* it is an upper inode in the index: DATA is its name there */
	/* It is a directory without chattr flags that new files inherit. */
	NODE_NO_FLAGS = 32768,
	NODE_UNALIASED = 16384, /* only lower layers have the name where the node is */
};

struct node {
	/* Lookups that the kernel has not forgotten; 0: freed if it has no child. */
	uint64_t lookups;
	uint64_t ino;  /* inode number that is shown: the origin's, which never changes */
	uint64_t key;  /* real inode number, or a hash of (parent, name) */
	uint32_t next; /* next node in its hash chain */
	uint32_t generation;
	uint32_t
		/* Node of the merged directory in which it was found. That node counts it in
		 * CHILDREN. */
		parent;
	uint32_t children;
	uint32_t where; /* real directory that has it, with a reference; 0 for the root */
	uint32_t name;  /* its name in that directory */
	uint32_t dirs;  /* topmost real directory of a directory, with a reference */
	/* The file with a metacopy's data, as if it were a real directory, with a reference. */
	uint32_t data;
	uint16_t type;    /* S_IFMT bits */
	uint16_t aliased; /* not a directory: was found by two names: see aliases.h */
	uint16_t flags;
	uint16_t fs; /* index of the filesystem that KEY belongs to */
};

enum real_flags {
	REAL_IMPURE = 1,       /* an upper directory that is marked impure */
	REAL_XWHITEOUTS = 2,   /* may hold xattr whiteouts */
	REAL_GONE = 4,         /* removed, so only its descriptor leads to it */
	REAL_NO_AUFS = 8,      /* a lower directory that was read and holds no mark of aufs */
	REAL_MARKS_KNOWN = 16, /* an upper directory that was read for marks of fuse-overlayfs */
	REAL_MARKS = 32,       /* holds marks of fuse-overlayfs that hide names */
};

struct real {
	uint32_t refs;
	uint32_t parent; /* parent in the same layer, with a reference; 0: it is the layer's root */
	uint32_t name;
	uint32_t below; /* next real directory of the same merged directory, with a reference */
	uint16_t layer;
	uint16_t flags;
};

/* The regions of nodes and of real directories. */
#define NODES_KIND ((struct region_kind){ sizeof(struct node), TABLE_MOST_NODES, 16 })
#define REALS_KIND ((struct region_kind){ sizeof(struct real), TABLE_MOST_NODES, 4 })

struct table {
	pthread_mutex_t lock;
	struct region nodes;
	struct region reals;
	struct names names;
	uint32_t *buckets; /* in private memory: made again from the nodes */
	uint32_t n_buckets;
	uint32_t n_hashed;
	/* Holds the generation of the node that was made last, and the filesystems found so far. A
	 * node's FS is an index into these. */
	struct kept_state *kept;
	/* Called before a node or a real directory is freed, so that the resources that belong to
	 * it are freed first. */
	void (*node_freed)(void *arg, uint32_t node);
	void (*real_freed)(void *arg, uint32_t real);
	void *arg; /* argument of both functions */
};

/* Makes an empty table. KEPT outlives the table, and gets the numbers of its memfds. */
int table_open(struct table *table, struct kept_state *kept);
/* Adopts the table that another worker has left; see table_adopt.c. */
int table_adopt(struct table *table, struct kept_state *kept);
/* Makes the hash table anew from the nodes with NODE_HASHED. */
int table_hash_all(struct table *table);
void table_close(struct table *table);

/* Between begin and commit, the nodes and real directories that are saved first change all at once:
 * a worker that takes over in between finds them as they were. At most KEPT_UNDO can be saved. */
void table_begin(struct table *table);
void table_save_node(struct table *table, uint32_t node);
void table_save_real(struct table *table, uint32_t real);
void table_commit(struct table *table);

static inline struct node *node_at(const struct table *table, uint32_t node)
{
	return region_at(&table->nodes, node);
}

static inline struct real *real_at(const struct table *table, uint32_t real)
{
	return region_at(&table->reals, real);
}

/* A node's key in the hash table: its real inode, or with BY_NAME its merged parent and its
 * name. */
struct key {
	uint16_t fs;
	bool by_name;
	uint64_t number;  /* inode number */
	uint32_t parent;  /* with BY_NAME */
	const char *name; /* with BY_NAME */
};

/* Returns the index of the filesystem DEV in this mount; adds a new filesystem. */
uint16_t table_filesystem(struct table *table, dev_t dev);

/* Composes the mount's own inode number of NUMBER: the highest bits tell its filesystems apart.
 * xino.h says how it is shown. */
#define INO_BITS 56
static inline uint64_t ino_compose(uint16_t filesystem, uint64_t number)
{
	return number ^ (uint64_t)filesystem << INO_BITS;
}

/* Returns the type of a node that the kernel knows, that is, one with lookups that are not
 * forgotten; otherwise 0. */
uint32_t node_handed_out(const struct table *table, uint64_t node);

/* Returns the node with KEY; 0: there is no such node. */
uint32_t node_find(struct table *table, const struct key *key);
/* Makes a node that is not in the hash table yet, and counts it as a child of PARENT. Returns 0
 * without memory. */
uint32_t node_add(struct table *table, uint32_t parent);
void node_hash(struct table *table, uint32_t node, const struct key *key);
void node_unhash(struct table *table, uint32_t node);
/* Puts a node at NAME in the real directory WHERE, as a child of PARENT. The real directories of a
 * merged directory do not change. */
int node_place(
	struct table *table, uint32_t node, uint32_t parent, uint32_t where, const char *name);
/* Turns a node of the upper layer that has a name into one of a lower layer: its layer is not the
 * upper one any more. */
void node_freeze(struct table *table, uint32_t node);
/* Takes COUNT lookups off the node. If it has no user left, frees it, and ancestors that were only
 * kept for it. */
void node_forget(struct table *table, uint32_t node, uint64_t count);

/* Makes a real directory with one reference, and takes references on PARENT and BELOW. Returns 0
 * without memory. */
uint32_t real_add(
	struct table *table, uint16_t layer, uint32_t parent, const char *name, uint32_t below);
void real_ref(struct table *table, uint32_t real);
void real_unref(struct table *table, uint32_t real);
/* Gives a real directory another parent and name. Returns 0 or -ENOMEM. */
int real_move(struct table *table, uint32_t real, uint32_t parent, const char *name);
