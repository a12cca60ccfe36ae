/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection of a mount with the kernel: its options, what INIT has agreed on, and the
 * filesystem that answers requests. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "fuse/daemon/transport.h"
#include "fuse/merge/fs.h"

struct connection {
	struct fs *fs;
	/* state for the next worker; NULL: the mount ends with this worker */
	struct kept_state *kept;
	const struct upgrade *upgrade; /* NULL if KEPT is NULL */
	struct transport *transport;
	double timeout; /* how long the kernel may cache names and attributes, in seconds */
	bool acls;      /* POSIX ACLs, checked by the kernel */
	bool writeback; /* the kernel may delay writes */
	bool no_others; /* serve only root and OWNER (mount option allow_root) */
	uid_t owner;
	bool drops_pages;     /* the kernel drops a file's cached pages when the file is opened */
	bool debug;           /* print requests and answers on standard error */
	unsigned int without; /* bits of enum optimisation: those to leave out */
	void (*ready)(void *arg); /* called once, when the kernel has the answer to INIT */
	void *arg;

	/* Set by INIT, before any other request is served. */
	bool opens;      /* OPEN must be answered: the kernel needs it, or an option asks for it */
	bool opens_dirs; /* OPENDIR must be answered, for the same reasons */
	atomic_bool initialised;
	atomic_int error; /* a negative errno if INIT could not be answered: no other request will
			     come */
};

/* Answers INIT: chooses among the flags that the kernel offers. IN has SIZE bytes, at least
 * INIT_IN_OLD. Returns -EPROTO if the kernel is too old. */
int connection_agree(struct connection *connection, const struct fuse_init_in *in, size_t size,
	struct fuse_init_out *ret);

/* Makes the kernel forget the cached attributes of NODE. With LIST: the cached list of names of the
 * directory NODE. Returns 0, -ENOENT if the kernel had cached nothing, or another negative
 * errno. */
int connection_invalidate(struct connection *connection, uint32_t node, bool list);
