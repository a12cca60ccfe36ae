/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mount's connection with the kernel: what was asked for, what INIT has agreed on, and the
 * filesystem that answers. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "fuse/daemon/transport.h"
#include "fuse/merge/fs.h"

struct connection {
	struct fs *fs;
	struct transport *transport;
	double timeout; /* seconds that the kernel may keep names and attributes */
	bool acls;      /* POSIX ACLs, checked by the kernel */
	bool writeback; /* the kernel may keep writes back */
	bool no_others; /* only root and OWNER may use it (allow_root) */
	uid_t owner;
	bool drops_pages; /* what was read of a file counts until it is opened anew, and no longer
			   */
	bool debug;       /* print requests and answers to standard error */
	unsigned int without;     /* sum of enum optimisation */
	void (*ready)(void *arg); /* called once, when the kernel has been answered */
	void *arg;

	/* Set by INIT, before there are other requests. */
	bool opens;      /* OPEN is to be answered: the kernel cannot do without, or shall not */
	bool opens_dirs; /* OPENDIR likewise */
	atomic_bool initialised;
	atomic_int error; /* negative: INIT could not be answered, and there is no use in more */
};

/* Answers INIT, whose body IN has SIZE bytes, at least INIT_IN_OLD of them: chooses among what the
 * kernel offers. -EPROTO: a kernel that is too old. */
int connection_agree(struct connection *connection, const struct fuse_init_in *in, size_t size,
	struct fuse_init_out *ret);

/* Makes the kernel forget the attributes of NODE, or with LIST the pages of what it lists. 0, or a
 * negative errno: -ENOENT if it knew nothing. */
int connection_invalidate(struct connection *connection, uint32_t node, bool list);
