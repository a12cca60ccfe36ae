/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A random stack of lower layers, and the content of upper before the first mount. */
#pragma once

#include "tests/differential/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define STACK_LOWERS_MAX 7
#define STACK_UPPER      STACK_LOWERS_MAX /* the layer number of upper */
#define STACK_XATTRS_MAX 3

enum entry_kind {
	ENTRY_DIR,
	ENTRY_FILE,
	ENTRY_SYMLINK,
	ENTRY_FIFO,
	ENTRY_SOCKET,
	ENTRY_DEVICE,
	ENTRY_WHITEOUT,
	ENTRY_LINK, /* a hard link to TARGET in the same layer */
};

struct stack_entry {
	enum entry_kind kind;
	int layer; /* 0: the topmost lower layer */
	char path[1100];
	char target[300]; /* target of a symbolic link or a hard link */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	unsigned major, minor; /* number of a character device */
	int64_t mtime;
	int64_t size, hole; /* HOLE bytes of hole at the beginning, then SIZE bytes of data */
	uint64_t seed;      /* seed of the content */
	bool opaque;        /* the directory has the opaque mark */
	size_t n_xattrs;
	struct {
		char name[64];
		char hex[512];
	} xattrs[STACK_XATTRS_MAX];
};

struct stack {
	int n_lowers;
	size_t n_entries;
	struct stack_entry *entries;
};

struct stack_options {
	/* Only entries that an unprivileged user can make: no devices, no trusted. xattrs. */
	bool userns;
};

/* Makes a random stack. Free it with stack_free. */
void stack_generate(struct rng *rng, const struct stack_options *options, struct stack *ret);
void stack_free(struct stack *stack);
/* Removes whiteouts that hide nothing because their directory is not merged: real layers have none,
 * and the kernel would list them as devices. Call it again after entries are removed. */
void stack_prune(struct stack *stack);

/* Returns the entry of LAYER at the first LENGTH bytes of PATH, or NULL. */
const struct stack_entry *stack_entry_at(
	const struct stack *stack, int layer, const char *path, size_t length);
/* Returns the entry that a mount of the stack shows at PATH, or NULL. */
const struct stack_entry *stack_shows(const struct stack *stack, const char *path);

/* Makes the entries of LAYER in the empty directory ROOT, and parents that are missing in a shrunk
 * stack. Leaves out entries that the host refuses. Changes the working directory to ROOT. */
int stack_build(const struct stack *stack, int layer, const char *root, bool userns);

/* Choose a random name, which need not exist; and a random target for a symbolic link, which stays
 * inside the mount. */
void stack_random_name(struct rng *rng, char name[256]);
const char *stack_random_target(struct rng *rng);
mode_t stack_random_mode(struct rng *rng);
uid_t stack_random_id(struct rng *rng);

/* Fills BUFFER with the bytes that a file of SEED has at OFFSET. */
void content_fill(uint64_t seed, int64_t offset, void *buffer, size_t size);
