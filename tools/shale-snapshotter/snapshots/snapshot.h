/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A snapshot of containerd: its facts in memory, and the text with these facts in the hold of its
 * layer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* The names of holds that are snapshots begin with this. */
#define SNAPSHOT_HOLD "containerd-"

/* A label: the name (a chain id) that the snapshot will have after the commit. */
#define SNAPSHOT_REF "containerd.io/snapshot.ref"
/* Labels with maps of owners, from the disk to the mount: "DISK:SHOWN:COUNT", and more ranges after
 * commas. */
#define SNAPSHOT_UIDMAP "containerd.io/snapshot/uidmapping"
#define SNAPSHOT_GIDMAP "containerd.io/snapshot/gidmapping"
/* Label: the most bytes that the layer may take on the disk. */
#define SNAPSHOT_MAX_SIZE "containerd.io/snapshot/max-size"

/* The numbers are those of the protocol. */
enum snapshot_kind { SNAPSHOT_VIEW = 1, SNAPSHOT_ACTIVE = 2, SNAPSHOT_COMMITTED = 3 };
const char *snapshot_kind_name(enum snapshot_kind kind);

struct label {
	char *key, *value;
};

struct labels {
	struct label *list;
	size_t n;
};

const char *labels_get(const struct labels *labels, const char *key);
/* Sets a label; VALUE NULL or "" removes it. Returns 0 or -ENOMEM. */
int labels_set(struct labels *labels, const char *key, const char *value);
void labels_free(struct labels *labels);

enum snapshot_state {
	SNAPSHOT_THERE,
	SNAPSHOT_IN_THE_MAKING, /* only the name is reserved */
	SNAPSHOT_BUSY,          /* a call is changing it (catalog_claim) */
	SNAPSHOT_LEAVING,       /* a call is removing it */
};

struct snapshot {
	char *key;
	enum snapshot_kind kind;
	enum snapshot_state state;
	struct snapshot *parent; /* NULL: no parent */
	size_t children;
	struct labels labels;
	struct timespec created, updated;

	char *hold;  /* name of the snapshot's hold */
	char *layer; /* id of the layer with its files: made for it, or one that existed before */
	bool owns_layer; /* the layer was made for this snapshot: remove both together */
	char *link;      /* the layer's short link; NULL: not needed so far */
	char *mounted;   /* path at which the store has mounted it (store_mount.h); NULL: the store
			    has not */
	int64_t bytes, inodes; /* size of a committed snapshot; -1: not counted yet */
};

struct snapshot *snapshot_new(const char *key, enum snapshot_kind kind);
void snapshot_free(struct snapshot *snapshot);

/* Returns the text for the snapshot's hold; NULL if KEY or a label is not UTF-8, or without
 * memory. */
char *snapshot_write(const struct snapshot *snapshot);
/* Makes a snapshot from the text of a hold. *RET_PARENT is its parent's name; "": none. Returns
 * NULL if the text is malformed. */
struct snapshot *snapshot_read(const char *text, char **ret_parent);
