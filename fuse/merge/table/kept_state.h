/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of a mount's state that outlives a worker, because the next worker cannot find it out by
 * itself. Descriptors are kept as numbers: the keeper and its workers share one table of
 * descriptors, so those of a dead worker are still open.
 *
 * A worker may be killed between any two stores to memory. So the next worker reads no counts, free
 * lists or hash chains; it makes them again (table_adopt). Everything else changes by a single
 * store, or between table_begin and table_commit. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#ifndef KEPT_VERSION /* tests build a program of another version */
#define KEPT_VERSION 2u
#endif
#define KEPT_LAYERS      502u
#define KEPT_FILESYSTEMS 256u
#define KEPT_REGIONS     8u
#define KEPT_CHANGES     256u
#define KEPT_UNDO        4u
#define KEPT_LOANS       64u
#define KEPT_SLOT        64u
#define KEPT_NODE        64u /* sizes of the slots in the regions, which are part of the layout */
#define KEPT_REAL        20u

/* Keeps the compiler from moving stores to the other side. The processor needs no barrier: whoever
 * reads the memory of a killed process sees its stores in their order. */
static inline void kept_barrier(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}

/* Notes a request that must not be carried out twice, until it is answered. */
struct kept_change {
	uint64_t unique; /* number of the request; 0: the slot is free */
	uint32_t from;   /* the node that is removed or renamed; 0: nothing has been changed yet */
	uint32_t to;     /* the node that is replaced or exchanged; 0: none */
	uint32_t before; /* whether the xattr existed before: 1: yes; 2: no; 0: not known */
	uint32_t again;  /* an earlier worker has begun the request */
};

/* A copy of a node or a real directory, from before a change that takes several stores. */
struct kept_undo {
	uint32_t region; /* the region: 0: nodes; 1: real directories */
	uint32_t slot;
	uint8_t bytes[KEPT_SLOT];
};

/* Permission bits that are lent on an inode (loans.h) during a call. */
struct kept_loan {
	uint32_t taken; /* 1: in use; 0: free */
	int32_t fd;
	uint32_t bits;
};

/* A snapshot that is about to be taken (snapshot.h). Once "intent" in DIR has been renamed it is
 * taken, and the next worker finishes it. */
struct kept_snapshot {
	uint32_t prepared; /* 1: all other fields are set, and the new layer TOP is noted */
	uint32_t top, n_frozen;
	int32_t dir;
	int32_t work, work_lock;
	uint64_t unique; /* number of the request */
};

struct kept_state {
	uint32_t version;
	uint32_t layout; /* sizes of the slots in the regions, in one number */
	/* Memfd of this memory; -1: it is the process's own memory, and ends with it. */
	int32_t memfd;
	uint32_t serving; /* 1: all is set, so that another worker can take over */
	uint32_t ending;  /* the mount is being taken away */

	/* State of fuse/daemon. */
	int32_t device, witness;
	uint32_t resends; /* the kernel can send unanswered requests once more */
	uint32_t opens, opens_dirs;
	uint32_t deaths,
		upgrades;    /* how often a worker was replaced, after a death and by an upgrade */
	int32_t last_signal; /* signal that ended the last dead worker */
	int32_t keeper;      /* process id of the keeper */
	uint32_t announced;  /* the process that waits for the mount knows that it exists */
	uint32_t refused;    /* upgrades refused, because that program could not take over */
	char target[4096];   /* path of the mount point */
	char stats[4096];    /* path of the statistics file; "": none */

	/* State of fuse/merge. */
	uint32_t end; /* layers have the numbers TOP to END - 1 */
	int32_t layers[KEPT_LAYERS];
	uint8_t private[KEPT_LAYERS];
	uint32_t layer_reals[KEPT_LAYERS];
	int32_t work, work_lock, index;
	uint32_t index_real;
	uint8_t xino[32]; /* struct xino: how inode numbers are shown */
	uint32_t lacks;   /* features that the upper filesystem lacks, bits of enum upper_lack */
	int32_t regions[KEPT_REGIONS];
	uint32_t generation; /* generation of the newest node */
	uint32_t n_filesystems;
	uint64_t filesystems[KEPT_FILESYSTEMS];
	uint32_t poor; /* the upper filesystem lacks a feature that the next worker would need */
	struct kept_loan loans[KEPT_LOANS];
	uint32_t n_undo;
	struct kept_undo undo[KEPT_UNDO];
	uint32_t next_change;
	struct kept_change changes[KEPT_CHANGES];
	uint32_t top;
	uint32_t n_frozen; /* how many layers below TOP were the upper one */
	int32_t old_lock;  /* lock of the work directory used before the last snapshot */
	struct kept_snapshot snapshot;
	uint64_t snapshot_taken; /* the request that has taken the last snapshot */
	uint8_t spare[436];      /* zeros: room for new members, which must not change the layout */
};

/* Makes the state in a memfd. Returns NULL without memory, or if files may not grow. */
struct kept_state *kept_new(void);
/* Maps the state that an earlier program has left in MEMFD. Returns NULL if it has another version.
 */
struct kept_state *kept_map(int memfd);
/* Whether this program can read a state of VERSION:LAYOUT. */
bool kept_is_known(const char *text);
/* Makes the state in this process's memory, for a mount without a keeper. */
struct kept_state *kept_private(void);
void kept_free(struct kept_state *kept);

/* Notes that this thread begins the request UNIQUE. RESENT: the kernel sends it once more; uses the
 * note of the earlier worker, if there is one. */
void kept_change_begin(struct kept_state *kept, uint64_t unique, bool resent);
void kept_change_end(void);
/* Returns the note of the request that this thread serves; NULL: none. */
struct kept_change *kept_change(void);
/* Returns that note if an earlier worker has begun the request; else NULL. */
struct kept_change *kept_change_again(void);
