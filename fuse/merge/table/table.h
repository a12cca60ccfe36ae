/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inode table of a mount.
 *
 * A node is an inode that the kernel knows; its number is the FUSE node id. A real directory is a
 * directory of one layer. The node of a merged directory has a list of real directories, topmost
 * first. Any other node lies in one real directory, under its name. All of these refer to each
 * other by index, and lie in memfds.
 *
 * LOCK guards everything here. It is taken after all other locks, and no system call is made under
 * it. The caller holds it at each function that does not say otherwise. */
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
	/* The node is in the upper layer. For a directory: its topmost real directory is there. */
	NODE_UPPER = 1,
	NODE_UNLINKED = 2, /* it has lost its name; in the upper layer its pin leads to it */
	NODE_OPAQUE = 4,   /* the upper directory is marked opaque */
	NODE_ORIGIN = 8,   /* the upper inode has an origin */
	/* Its key is made from parent and name, because it is a lower hard link, which a copy-up
	 * breaks. */
	NODE_BY_NAME = 16,
	NODE_HASHED = 32,
	NODE_NO_DATA = 64, /* it is a metacopy whose data no layer has */
	/* The next flags: the node is known to lack these xattrs. The kernel asks for them very
	 * often. */
	NODE_NO_CAPABILITY = 128, /* security.capability */
	NODE_NO_ACL = 256,        /* system.posix_acl_access */
	NODE_NO_DEFAULT_ACL = 512,
	NODE_NO_SELINUX = 1024,
	NODE_NO_XATTRS = 2048,     /* it has none of the xattrs that a mount shows */
	NODE_NO_PROTECTION = 4096, /* it is known to be neither immutable nor append-only */
	NODE_INDEXED = 8192,       /* it is an upper inode in the index; DATA is its name there */
	/* It is a directory whose new files inherit no chattr flags. */
	NODE_NO_FLAGS = 32768,
	NODE_UNALIASED = 16384, /* the node is at a name that exists only in lower layers */
};

struct node {
	/* How many lookups the kernel has not forgotten; if 0, the node is freed unless it has
	 * children. */
	uint64_t lookups;
	uint64_t ino;  /* the inode number that is shown: the origin's, so that it never changes */
	uint64_t key;  /* inode number on the disk, or a hash of parent and name */
	uint32_t next; /* next node in its hash chain */
	uint32_t generation;
	uint32_t
		/* Node of the merged directory that has this node as a child; it counts its
		 * children. */
		parent;
	uint32_t children;
	/* Real directory that has the file, with a reference; 0: this is the root. */
	uint32_t where;
	uint32_t name; /* handle of the name in that directory (names.h) */
	uint32_t dirs; /* of a directory: its topmost real directory, with a reference */
	/* Of a metacopy: the file with its data, entered like a real directory, with a
	 * reference. */
	uint32_t data;
	uint16_t type;    /* S_IFMT bits */
	uint16_t aliased; /* no directory, and lookups have found it by two names (aliases.h) */
	uint16_t flags;
	uint16_t fs; /* index of KEY's filesystem */
};

enum real_flags {
	REAL_IMPURE = 1,     /* upper, and marked impure */
	REAL_XWHITEOUTS = 2, /* may hold xattr whiteouts */
	REAL_GONE = 4,       /* removed: only its descriptor leads to it */
	REAL_NO_AUFS = 8,    /* lower, and a listing has found no aufs marks in it */
	/* upper, and a listing has looked for fuse-overlayfs's marks in it */
	REAL_MARKS_KNOWN = 16,
	REAL_MARKS = 32, /* it holds marks of fuse-overlayfs that hide names */
};

struct real {
	uint32_t refs;
	uint32_t parent; /* parent directory in the same layer, with a reference; 0: this is the
			    layer's root */
	uint32_t name;
	uint32_t below; /* next lower one of the same merged directory, with a reference */
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
	uint32_t *buckets; /* in this process's own memory: made again from the nodes */
	uint32_t n_buckets;
	uint32_t n_hashed;
	/* Keeps the generation of the newest node, and the filesystems found so far; FS of a node
	 * is an index into these. */
	struct kept_state *kept;
	/* Called before a node or a real directory is freed, to free the resources that belong to
	 * it first. */
	void (*node_freed)(void *arg, uint32_t node);
	void (*real_freed)(void *arg, uint32_t real);
	void *arg; /* passed to both functions */
};

/* Makes an empty table. KEPT lives longer than the table, and gets the numbers of its memfds. */
int table_open(struct table *table, struct kept_state *kept);
/* Takes over the table that another worker has left (table_adopt.c). */
int table_adopt(struct table *table, struct kept_state *kept);
/* Makes the hash table again from the nodes with NODE_HASHED. */
int table_hash_all(struct table *table);
void table_close(struct table *table);

/* A change that takes several stores: save each node and real directory after table_begin, then
 * change them. A worker that takes over before table_commit finds them as they were. At most
 * KEPT_UNDO can be saved. */
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

/* The key by which the hash table finds a node: its real inode; or, with BY_NAME, its merged parent
 * and its name. */
struct key {
	uint16_t fs;
	bool by_name;
	uint64_t number;  /* inode number */
	uint32_t parent;  /* with BY_NAME */
	const char *name; /* with BY_NAME */
};

/* Returns the index of the filesystem DEV in this mount. Adds the filesystem if it is new. */
uint16_t table_filesystem(struct table *table, dev_t dev);

/* Makes the mount's own inode number from a filesystem's index and NUMBER: the highest bits tell
 * the filesystems apart. xino.h says how it is shown. */
#define INO_BITS 56
static inline uint64_t ino_compose(uint16_t filesystem, uint64_t number)
{
	return number ^ (uint64_t)filesystem << INO_BITS;
}

/* Returns the type of a node that the kernel knows: one with lookups that are not forgotten; 0: it
 * knows no such node. */
uint32_t node_handed_out(const struct table *table, uint64_t node);

/* Returns the node with KEY; 0: none. */
uint32_t node_find(struct table *table, const struct key *key);
/* Makes a node that is not in the hash table yet, and counts it as a child of PARENT. Returns 0
 * without memory. */
uint32_t node_add(struct table *table, uint32_t parent);
void node_hash(struct table *table, uint32_t node, const struct key *key);
void node_unhash(struct table *table, uint32_t node);
/* Puts a node at NAME in the real directory WHERE, as a child of PARENT. Does not move the real
 * directories of a merged directory. */
int node_place(
	struct table *table, uint32_t node, uint32_t parent, uint32_t where, const char *name);
/* After a snapshot: a node of the upper layer that has a name becomes one of a lower layer. */
void node_freeze(struct table *table, uint32_t node);
/* Takes COUNT off the node's lookups. If nobody needs the node any more, frees it, and those
 * ancestors that were kept only for it. */
void node_forget(struct table *table, uint32_t node, uint64_t count);

/* Makes a real directory with one reference, and takes references on PARENT and BELOW. Returns 0
 * without memory. */
uint32_t real_add(
	struct table *table, uint16_t layer, uint32_t parent, const char *name, uint32_t below);
void real_ref(struct table *table, uint32_t real);
void real_unref(struct table *table, uint32_t real);
/* Gives a real directory another parent and name. Returns 0 or -ENOMEM. */
int real_move(struct table *table, uint32_t real, uint32_t parent, const char *name);
