/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of operations: the layout of each request, and its handler. */
#pragma once

#include "fuse/daemon/request.h"

/* A body consists of FIXED bytes, then NAMES of files, then other TEXTS, each with its NUL, then
 * data. */
struct operation {
	const char *name;
	void (*handle)(const struct request *request); /* answers it once; see handlers.h */
	uint16_t fixed, other_at;                      /* OTHER_AT: where the body names a node */
	uint8_t names, texts;
	bool no_node;      /* the node in the header is ignored */
	bool in_dir;       /* the node must be a directory */
	bool has_other;    /* the body names another node */
	bool other_is_dir; /* the other node must be a directory */
	/* Serve callers without access too (allow_root): they have the file open, or the kernel
	 * itself asks. */
	bool any_caller;
	bool unanswered; /* the kernel does not wait for an answer */
	bool once;       /* a second execution would give another answer */
};

#define MOST_OPCODES 64

/* Returns NULL for a request that is answered with ENOSYS; the kernel does not send it again. */
const struct operation *operation_of(uint32_t opcode);
/* Returns the name in capital letters, as in <linux/fuse.h>; NULL: unknown. */
const char *operation_name(uint32_t opcode);
