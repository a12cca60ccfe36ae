/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A snapshot of containerd: its facts, and the text that the hold of its layer keeps of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* The prefix of the holds that are snapshots. */
#define SNAPSHOT_HOLD "containerd-"

/* A label: the name (a chain id) that the snapshot will have after the commit. */
#define SNAPSHOT_REF "containerd.io/snapshot.ref"
/* Labels: how the mount shows owners on the disk, "DISK:SHOWN:COUNT", more of them behind
 * commas. */
#define SNAPSHOT_UIDMAP "containerd.io/snapshot/uidmapping"
#define SNAPSHOT_GIDMAP "containerd.io/snapshot/gidmapping"
/* A label: how much space the layer may take on the disk. */
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
	SNAPSHOT_IN_THE_MAKING, /* only its name is reserved */
	SNAPSHOT_BUSY,          /* a call changes it: see catalog_claim */
	SNAPSHOT_LEAVING,       /* a call removes it */
};

struct snapshot {
	char *key;
	enum snapshot_kind kind;
	enum snapshot_state state;
	struct snapshot *parent; /* NULL: no parent */
	size_t children;
	struct labels labels;
	struct timespec created, updated;

	char *hold;      /* name of the snapshot's hold */
	char *layer;     /* the layer of its files: its own, or one that existed before */
	bool owns_layer; /* remove the layer with the snapshot */
	char *link;      /* the layer's short name; NULL: not needed yet */
	char *mounted;   /* where the store has mounted it: see store_mount.h; NULL: it has not */
	int64_t bytes, inodes; /* size of a committed snapshot; -1: not counted yet */
};

struct snapshot *snapshot_new(const char *key, enum snapshot_kind kind);
void snapshot_free(struct snapshot *snapshot);

/* Returns the text for the snapshot's hold; NULL if KEY or a label is not UTF-8, or without
 * memory. */
char *snapshot_write(const struct snapshot *snapshot);
/* Makes a snapshot of a hold's text. *RET_PARENT is its parent's name ("": none). Returns NULL if
 * the text is malformed. */
struct snapshot *snapshot_read(const char *text, char **ret_parent);
