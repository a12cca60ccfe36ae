/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inode table of a mount.
 *
 * A node is an inode that the kernel knows; its number is the FUSE node id. A real directory is a
 * directory of one layer. A merged directory's node holds a list of real directories, topmost
 * first; any other node lies in one real directory, under its name. All is held by index in memfds.
 *
 * LOCK guards everything here, is held for no system call, and is taken last of all locks.
 * Functions need it held unless they say otherwise.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "fuse/merge/table/kept.h"
#include "fuse/merge/table/names.h"
#include "fuse/merge/table/region.h"

#define ROOT_NODE        1u
#define MOST_FILESYSTEMS KEPT_FILESYSTEMS
#define TABLE_MOST_NODES (1u << 27)
#define LAYER_UPPER      0u /* used in mounts with an upper layer */

enum node_flags {
	NODE_UPPER = 1,    /* is in the upper layer; for a directory: its topmost real one is */
	NODE_UNLINKED = 2, /* has no name any more; in the upper layer its pin leads to it */
	NODE_OPAQUE = 4,   /* the upper directory is marked opaque */
	NODE_ORIGIN = 8,   /* the upper inode has an origin */
	/* Its key is (parent, name): a lower hard link, which a copy-up breaks. */
	NODE_BY_NAME = 16,
	NODE_HASHED = 32,
	NODE_NO_DATA = 64, /* a metacopy whose data are in no layer */
	/* The node is known to lack these xattrs, which the kernel asks for very often. */
	NODE_NO_CAPABILITY = 128, /* security.capability */
	NODE_NO_ACL = 256,        /* system.posix_acl_access */
	NODE_NO_DEFAULT_ACL = 512,
	NODE_NO_SELINUX = 1024,
	NODE_NO_XATTRS = 2048,     /* no xattr at all that the mount shows */
	NODE_NO_PROTECTION = 4096, /* neither immutable nor append-only */
	NODE_INDEXED = 8192,       /* upper: DATA is its entry in the index */
	NODE_NO_FLAGS = 32768,     /* a directory without chattr flags that new files inherit */
	NODE_UNALIASED = 16384,    /* only lower layers have the name of its place */
};

struct node {
	uint64_t lookups; /* how many lookups the kernel has; 0: free it when it has no child */
	uint64_t ino;     /* st_ino shown: the origin's, which never changes */
	uint64_t key;     /* real inode number, or a hash of (parent, name) */
	uint32_t next;    /* next in its hash chain */
	uint32_t generation;
	uint32_t
		/* Node of the merged directory that it was found in, which counts it in
		 * children. */
		parent;
	uint32_t children;
	uint32_t where; /* real directory that has it; counted. 0 for the root */
	uint32_t name;  /* its name in that directory */
	uint32_t dirs;  /* topmost real directory of a directory; counted */
	/* The file with a metacopy's data, noted as a real directory; counted. */
	uint32_t data;
	uint32_t type; /* S_IFMT bits */
	uint16_t flags;
	uint16_t fs; /* index of the filesystem of KEY */
};

enum real_flags {
	REAL_IMPURE = 1,       /* upper: marked impure */
	REAL_XWHITEOUTS = 2,   /* may hold xattr whiteouts */
	REAL_GONE = 4,         /* removed: only its descriptor leads to it */
	REAL_NO_AUFS = 8,      /* lower: was read, and holds no mark of aufs */
	REAL_MARKS_KNOWN = 16, /* upper: was read for marks of fuse-overlayfs */
	REAL_MARKS = 32,       /* holds marks of fuse-overlayfs that hide names */
};

struct real {
	uint32_t refs;
	uint32_t parent; /* its parent in the same layer; counted; 0: the layer's root */
	uint32_t name;
	uint32_t below; /* next real directory of the same merged one; counted */
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
	uint32_t *buckets; /* private: made again from the nodes */
	uint32_t n_buckets;
	uint32_t n_hashed;
	/* Holds the generation of the last node that was made, and the filesystems found so far; a
	 * node's FS is an index of these. */
	struct kept *kept;
	/* Called before a node or a real directory is freed, so that its other resources are freed
	 * too. */
	void (*node_freed)(void *arg, uint32_t node);
	void (*real_freed)(void *arg, uint32_t real);
	void *arg; /* argument of both functions */
};

/* KEPT outlives the table, and is told of its memfds. */
int table_open(struct table *table, struct kept *kept);
/* Takes over the table that another worker has left; see table_adopt.c. */
int table_adopt(struct table *table, struct kept *kept);
/* Makes the hash table of nodes that say that they are in it. */
int table_hash_all(struct table *table);
void table_close(struct table *table);

/* Between them, nodes and real directories that are saved first change at once: a worker that takes
 * over in between finds them as they were. At most KEPT_UNDO of them. */
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

/* The index of the filesystem DEV in this mount; adds a new one. */
uint16_t table_filesystem(struct table *table, dev_t dev);

/* The inode number of NUMBER of a filesystem within the mount: the highest bits tell the
 * filesystems apart. It is shown as xino.h has it. */
#define INO_BITS 56
static inline uint64_t ino_compose(uint16_t filesystem, uint64_t number)
{
	return number ^ (uint64_t)filesystem << INO_BITS;
}

/* The type of a node that the kernel knows: it has lookups that are not forgotten. Else 0. */
uint32_t node_handed_out(const struct table *table, uint64_t node);

/* The node with KEY; 0: none. */
uint32_t node_find(struct table *table, const struct key *key);
/* Makes a node that is in no chain yet, and counts it in PARENT; 0: no memory. */
uint32_t node_add(struct table *table, uint32_t parent);
void node_hash(struct table *table, uint32_t node, const struct key *key);
void node_unhash(struct table *table, uint32_t node);
/* Puts a node (not a directory's list) at NAME in the real directory WHERE, as a child of
 * PARENT. */
int node_place(
	struct table *table, uint32_t node, uint32_t parent, uint32_t where, const char *name);
/* Takes COUNT lookups off the node. If it has no user left, frees it, and ancestors that were only
 * kept for it. */
void node_forget(struct table *table, uint32_t node, uint64_t count);

/* Makes a real directory with one reference; takes references on PARENT and BELOW. 0: no memory. */
uint32_t real_add(
	struct table *table, uint16_t layer, uint32_t parent, const char *name, uint32_t below);
void real_ref(struct table *table, uint32_t real);
void real_unref(struct table *table, uint32_t real);
/* Gives a real directory another parent and name; 0 or -ENOMEM. */
int real_move(struct table *table, uint32_t real, uint32_t parent, const char *name);
