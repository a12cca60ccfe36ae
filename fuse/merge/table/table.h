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

#include "fuse/merge/table/names.h"
#include "fuse/merge/table/region.h"

#define ROOT_NODE        1u
#define MOST_FILESYSTEMS 256u
#define LAYER_UPPER      0u /* layer 0 is the upper one, in mounts that have one */

enum node_flags {
	NODE_UPPER = 1,    /* lies in the upper layer; a directory: its topmost real one does */
	NODE_UNLINKED = 2, /* no name leads to it any more: in the upper layer the descriptor
			    * in its pin does */
	NODE_OPAQUE = 4,   /* directory: the upper one is marked opaque */
	NODE_ORIGIN = 8,   /* the upper inode was copied up and says so */
	NODE_BY_NAME = 16, /* keyed by (parent, name): a lower hard link, broken on copy-up */
	NODE_HASHED = 32,
	NODE_NO_DATA = 64, /* a metacopy, and no layer has its data */
	/* Known to have no such xattr. The kernel asks for these very often. */
	NODE_NO_CAPABILITY = 128, /* security.capability */
	NODE_NO_ACL = 256,        /* system.posix_acl_access */
	NODE_NO_DEFAULT_ACL = 512,
	NODE_NO_SELINUX = 1024,
	NODE_NO_XATTRS = 2048,     /* none at all that the mount shows */
	NODE_NO_PROTECTION = 4096, /* neither immutable nor append-only */
	NODE_INDEXED = 8192,       /* upper: DATA names its entry in the index */
	NODE_NO_FLAGS = 32768,     /* directory: hands no chattr flags on to what is made in it */
	NODE_UNALIASED = 16384,    /* and the name that it lies under, lower layers have alone */
};

struct node {
	uint64_t lookups; /* how often the kernel looked it up; 0: free it when no child is left */
	uint64_t ino;     /* st_ino shown: the origin's, the same for as long as the file lives */
	uint64_t key;     /* real inode number, or hash of (parent, name) */
	uint32_t next;    /* in its hash chain */
	uint32_t generation;
	uint32_t
		parent; /* node of the merged directory that it was found in; counted in children */
	uint32_t children;
	uint32_t where; /* real directory that holds it; counted. 0 for the root */
	uint32_t name;  /* its name there */
	uint32_t dirs;  /* a directory's topmost real directory; counted */
	uint32_t data;  /* a metacopy: the file that holds its data, as if a real directory; counted
			 */
	uint32_t type;  /* S_IFMT bits */
	uint16_t flags;
	uint16_t fs; /* which filesystem KEY is a number of */
};

enum real_flags {
	REAL_IMPURE = 1,     /* upper: marked impure */
	REAL_XWHITEOUTS = 2, /* may hold xattr whiteouts */
	REAL_GONE = 4,       /* removed: reachable by its descriptor only */
	REAL_NO_AUFS = 8,    /* lower: was read, and holds no mark of aufs */
};

struct real {
	uint32_t refs;
	uint32_t parent; /* real directory of the same layer; counted; 0: the layer's root */
	uint32_t name;
	uint32_t below; /* next real directory of the same merged one; counted */
	uint16_t layer;
	uint16_t flags;
};

struct table {
	pthread_mutex_t lock;
	struct region nodes;
	struct region reals;
	struct names names;
	uint32_t *buckets; /* private: rebuilt from the nodes */
	uint32_t n_buckets;
	uint32_t n_hashed;
	uint32_t generation; /* of the node made last */
	/* Filesystems met so far; the index of one is a node's FS. */
	dev_t filesystems[MOST_FILESYSTEMS];
	uint16_t n_filesystems;
	/* Called before a node or a real directory is freed, so that what else is kept of it goes.
	 */
	void (*node_freed)(void *arg, uint32_t node);
	void (*real_freed)(void *arg, uint32_t real);
	void *arg; /* of both */
};

int table_open(struct table *table);
void table_close(struct table *table);

static inline struct node *node_at(const struct table *table, uint32_t node)
{
	return region_at(&table->nodes, node);
}

static inline struct real *real_at(const struct table *table, uint32_t real)
{
	return region_at(&table->reals, real);
}

/* The key of a node in the hash table: its real inode, or for BY_NAME its merged parent and
 * its name. */
struct key {
	uint16_t fs;
	bool by_name;
	uint64_t number;  /* inode number */
	uint32_t parent;  /* BY_NAME */
	const char *name; /* BY_NAME */
};

/* The index of the filesystem DEV among those of the mount; it is added if it is new. */
uint16_t table_filesystem(struct table *table, dev_t dev);

/* The inode number of NUMBER of a filesystem within the mount: the highest bits tell the
 * filesystems apart. It is shown as xino.h has it. */
#define INO_BITS 56
static inline uint64_t ino_compose(uint16_t filesystem, uint64_t number)
{
	return number ^ (uint64_t)filesystem << INO_BITS;
}

/* The type of a node that the kernel knows: it was looked up, and is not forgotten. Else 0. */
uint32_t node_handed_out(const struct table *table, uint64_t node);

/* The node of KEY, or 0. */
uint32_t node_find(struct table *table, const struct key *key);
/* A node in no chain yet, with PARENT counted; 0: out of memory. */
uint32_t node_add(struct table *table, uint32_t parent);
void node_hash(struct table *table, uint32_t node, const struct key *key);
void node_unhash(struct table *table, uint32_t node);
/* Puts a node (not a directory's list) at NAME in the real directory WHERE, child of PARENT. */
int node_place(
	struct table *table, uint32_t node, uint32_t parent, uint32_t where, const char *name);
/* Takes COUNT lookups off the node; frees it, and ancestors that only waited for it, when nothing
 * is left. */
void node_forget(struct table *table, uint32_t node, uint64_t count);

/* A real directory with one reference; takes references on PARENT and BELOW. 0: out of memory. */
uint32_t real_add(
	struct table *table, uint16_t layer, uint32_t parent, const char *name, uint32_t below);
void real_ref(struct table *table, uint32_t real);
void real_unref(struct table *table, uint32_t real);
/* Moves a real directory under another name; 0 or -ENOMEM. */
int real_move(struct table *table, uint32_t real, uint32_t parent, const char *name);
