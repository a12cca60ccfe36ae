/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of operations: the layout of each request, and its handler. */
#pragma once

#include "fuse/daemon/request.h"

/* The layout that a request must have. Its body has FIXED bytes, then NAMES file names, then TEXTS
 * other strings, each with a NUL, then data. */
struct operation {
	const char *name;
	/* the handler, which answers the request once; see handlers.h */
	void (*handle)(const struct request *request);
	uint16_t fixed, other_at; /* OTHER_AT: offset of the second node in the body */
	uint8_t names, texts;
	bool no_node;      /* the node in the header is ignored */
	bool in_dir;       /* the node must be a directory */
	bool has_other;    /* the body names a second node */
	bool other_is_dir; /* the second node must be a directory */
	/* With allow_root, serve also a user who may not use the mount: this user has the file open
	 * already, or the kernel itself asks. */
	bool any_caller;
	bool unanswered; /* the kernel does not wait for an answer */
	bool once;       /* must not be carried out twice: the second answer would differ */
};

#define MOST_OPCODES 64

/* Returns NULL if the operation has no handler: it is answered with ENOSYS, and the kernel does not
 * send it again. */
const struct operation *operation_of(uint32_t opcode);
/* Returns the name in capital letters, as in <linux/fuse.h>; NULL: unknown. */
const char *operation_name(uint32_t opcode);
