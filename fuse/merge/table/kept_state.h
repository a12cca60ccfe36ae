/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state of a mount that a later worker cannot find out by itself, in memory that outlives the
 * worker. Descriptors are kept by number: the keeper and its workers have one table of descriptors,
 * so those of a dead worker are still open.
 *
 * A worker may be killed between any two stores. So the next worker does not read counts, free
 * lists and hash chains; it makes them anew (table_adopt). Everything that it does read changes by
 * a single store, or between table_begin and table_commit.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#ifndef KEPT_VERSION /* a test makes a program of another version */
#define KEPT_VERSION 2u
#endif
#define KEPT_LAYERS      502u
#define KEPT_FILESYSTEMS 256u
#define KEPT_REGIONS     8u
#define KEPT_CHANGES     256u
#define KEPT_UNDO        4u
#define KEPT_LOANS       64u
#define KEPT_SLOT        64u
#define KEPT_NODE        64u /* sizes of the slots in the regions: part of the layout */
#define KEPT_REAL        20u

/* Keeps the compiler from moving stores across it. The processor needs no barrier: a process that
 * reads the memory of a killed one sees its stores in their order. */
static inline void kept_barrier(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}

/* A request that must not be carried out twice, and has not been answered yet. */
struct kept_change {
	uint64_t unique; /* number of the request; 0: the slot is free */
	uint32_t from;   /* the node that is removed or renamed; 0: nothing has been done yet */
	uint32_t to;     /* the node that is replaced or exchanged; 0: none */
	uint32_t before; /* of an xattr: 1: it was there before; 2: it was not; 0: unknown */
	uint32_t again;  /* an earlier worker has begun the request */
};

/* A node or a real directory as it was before a change of several stores. */
struct kept_undo {
	uint32_t region; /* 0: the nodes; 1: the real directories */
	uint32_t slot;
	uint8_t bytes[KEPT_SLOT];
};

/* Mode bits that are lent on an inode during a call. */
struct kept_loan {
	uint32_t taken; /* 0: free */
	int32_t fd;
	uint32_t bits;
};

/* A snapshot that is about to be taken (see snapshot.h). It is taken once its intent has been
 * renamed in DIR; the next worker then makes the rest of it. */
struct kept_snapshot {
	uint32_t prepared; /* the rest is complete, and the layer TOP is noted */
	uint32_t top, n_frozen;
	int32_t dir;
	int32_t work, work_lock;
	uint64_t unique; /* the request's number */
};

struct kept_state {
	uint32_t version;
	uint32_t layout; /* sizes of the slots in the regions */
	/* Memfd of this memory; -1: it is the worker's own memory, and cannot be kept. */
	int32_t memfd;
	uint32_t serving; /* the rest is complete: a worker can take over */
	uint32_t ending;  /* the mount is being taken away */

	/* State of fuse/daemon. */
	int32_t device, witness;
	uint32_t resends; /* the kernel can send again the requests that were not answered */
	uint32_t opens, opens_dirs;
	uint32_t deaths, upgrades; /* how often a worker was replaced */
	int32_t last_signal;       /* signal that ended the last dead worker */
	int32_t keeper;            /* process id of the keeper */
	uint32_t announced;        /* the process that waits for the mount has been told of it */
	uint32_t refused;          /* upgrades to a program that could not take over */
	char target[4096];         /* the mount point */
	char stats[4096];          /* the file for statistics; "": none */

	/* State of fuse/merge. */
	uint32_t end; /* layers lie in front of it, from TOP on */
	int32_t layers[KEPT_LAYERS];
	uint8_t private[KEPT_LAYERS];
	uint32_t layer_reals[KEPT_LAYERS];
	int32_t work, work_lock, index;
	uint32_t index_real;
	uint8_t xino[32]; /* how inode numbers are shown */
	uint32_t lacks;   /* features that the upper filesystem lacks */
	int32_t regions[KEPT_REGIONS];
	uint32_t generation; /* generation of the node that was made last */
	uint32_t n_filesystems;
	uint64_t filesystems[KEPT_FILESYSTEMS];
	uint32_t poor; /* the upper filesystem lacks a feature that a worker needs to take over */
	struct kept_loan loans[KEPT_LOANS];
	uint32_t n_undo;
	struct kept_undo undo[KEPT_UNDO];
	uint32_t next_change;
	struct kept_change changes[KEPT_CHANGES];
	uint32_t top;
	uint32_t n_frozen; /* layers below TOP that were the upper one */
	int32_t old_lock;  /* of the work directory until the last snapshot */
	struct kept_snapshot snapshot;
	uint64_t snapshot_taken; /* the request that has taken the last one */
	uint8_t spare[436]; /* zeros: room for later members, so that the layout stays the same */
};

/* Makes the state in a memfd of its own. Returns NULL without memory, or if files may not grow. */
struct kept_state *kept_new(void);
/* Maps the state that an earlier program has left in MEMFD. Returns NULL if it has another version.
 */

struct kept_state *kept_map(int memfd);
/* Whether this program knows the state of VERSION:LAYOUT. */
bool kept_is_known(const char *text);
/* Makes the state in this process's memory, for a mount without a keeper. */
struct kept_state *kept_private(void);
void kept_free(struct kept_state *kept);

/* Notes that this thread begins the request UNIQUE. RESENT says that the kernel sends it again;
 * then uses the note of an earlier worker, if there is one. */
void kept_change_begin(struct kept_state *kept, uint64_t unique, bool resent);
void kept_change_end(void);
/* Returns the note of the request that this thread serves; NULL: there is no note. */
struct kept_change *kept_change(void);
/* Returns that note only if an earlier worker has begun the request; otherwise NULL. */
struct kept_change *kept_change_again(void);
