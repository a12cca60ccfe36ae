/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A snapshot of containerd's: what is known of it, and the text that a layer's hold keeps of that.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Holds of layers whose names begin so are snapshots. */
#define SNAPSHOT_HOLD "containerd-"

/* As they go over the wire. */
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
/* VALUE NULL or "": there is no such label any more. -ENOMEM. */
int labels_set(struct labels *labels, const char *key, const char *value);
void labels_free(struct labels *labels);

enum snapshot_state {
	SNAPSHOT_THERE,
	SNAPSHOT_IN_THE_MAKING, /* only its name is taken */
	SNAPSHOT_BUSY,          /* somebody changes it: see catalog_claim */
	SNAPSHOT_LEAVING,       /* the same, to remove it */
};

struct snapshot {
	char *key;
	enum snapshot_kind kind;
	enum snapshot_state state;
	struct snapshot *parent; /* NULL: none */
	size_t children;
	struct labels labels;
	struct timespec created, updated;

	char *hold;      /* the hold's name */
	char *layer;     /* where its files are: its own layer, or one that was there already */
	bool owns_layer; /* it is removed with the snapshot */
	char *link;      /* the layer's short name, once it was needed; NULL */
	int64_t bytes, inodes; /* of a committed one; -1: not counted yet */
};

struct snapshot *snapshot_new(const char *key, enum snapshot_kind kind);
void snapshot_free(struct snapshot *snapshot);

/* The text of a hold; NULL: KEY or a label is no UTF-8, or there is no memory. */
char *snapshot_write(const struct snapshot *snapshot);
/* From that; its parent is only named, in *RET_PARENT ("": none). NULL: it cannot be understood. */
struct snapshot *snapshot_read(const char *text, char **ret_parent);
