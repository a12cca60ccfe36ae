/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of operations: what a request of each must look like, and its handler. */
#pragma once

#include "fuse/daemon/request.h"

/* A body is FIXED bytes, then NAMES of files, then other TEXTS, each with its NUL, then data. */
struct operation {
	const char *name;
	void (*handle)(const struct request *request); /* answers it once; see handlers.h */
	uint16_t fixed, other_at;                      /* OTHER_AT: where the body names a node */
	uint8_t names, texts;
	bool no_node;      /* the header's node says nothing */
	bool in_dir;       /* it must be a directory */
	bool has_other;    /* the body names another node */
	bool other_is_dir; /* which must be a directory */
	bool any_caller;   /* also where others are shut out: they hold an open file, or nobody asks
			    */
	bool unanswered;   /* the kernel waits for no answer */
};

#define MOST_OPCODES 64

/* NULL: ENOSYS is the answer, after which the kernel does without. */
const struct operation *operation_of(uint32_t opcode);
/* In capital letters, as in <linux/fuse.h>; NULL: not known. */
const char *operation_name(uint32_t opcode);
