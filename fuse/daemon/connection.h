/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mount's connection with the kernel: the options, the agreement of INIT, and the filesystem that
 * answers. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "fuse/daemon/transport.h"
#include "fuse/merge/fs.h"

struct connection {
	struct fs *fs;
	struct kept_state
		*kept; /* state for another worker; NULL: the mount ends with this worker */
	const struct upgrade *upgrade; /* NULL if KEPT is NULL */
	struct transport *transport;
	double timeout; /* how long the kernel may cache names and attributes, in seconds */
	bool acls;      /* POSIX ACLs, checked by the kernel */
	bool writeback; /* the kernel may delay writes */
	bool no_others; /* only root and OWNER may use the mount (allow_root) */
	uid_t owner;
	bool drops_pages;     /* the kernel drops a file's cached pages when the file is opened */
	bool debug;           /* print requests and answers to standard error */
	unsigned int without; /* bits of enum optimisation: those to leave out */
	void (*ready)(void *arg); /* called once, when the kernel has the answer to INIT */
	void *arg;

	/* INIT sets these, before any other request. */
	bool opens;      /* OPEN must be answered: the kernel needs it, or an option asks for it */
	bool opens_dirs; /* OPENDIR must be answered, for the same reasons */
	atomic_bool initialised;
	atomic_int error; /* negative: INIT could not be answered, so no request will follow */
};

/* Answers INIT: chooses among the flags that the kernel offers. IN has SIZE bytes, at least
 * INIT_IN_OLD. Returns -EPROTO if the kernel is too old. */
int connection_agree(struct connection *connection, const struct fuse_init_in *in, size_t size,
	struct fuse_init_out *ret);

/* Makes the kernel forget the cached attributes of NODE, or with LIST the cached pages of that
 * directory. Returns 0, -ENOENT if the kernel had nothing cached, or another negative errno. */
int connection_invalidate(struct connection *connection, uint32_t node, bool list);
