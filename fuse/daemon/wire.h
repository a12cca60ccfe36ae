/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libfuse hides of the FUSE protocol (include/uapi/linux/fuse.h): flags of the INIT reply that
 * it does not know, bits of the raw request headers, and requests that it has no handler for.
 */
#pragma once

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <stdbool.h>

struct fuse_in_header;

struct wire_hooks {
	/* The kernel has its first answer: users can work now. */
	void (*initialised)(void *arg);
	/* Whether the request may go further: 0, or a negative errno to answer. */
	int (*admit)(void *arg, const struct fuse_in_header *request);
	/* FUSE_TMPFILE: makes a nameless file in PARENT and writes the reply's entry. */
	int (*tmpfile)(void *arg, uint64_t parent, uint32_t mode, uint32_t umask, uint32_t uid,
		uint32_t gid, struct fuse_entry_param *ret);
	/* The entry of a reply that never arrived is to be forgotten. */
	void (*unanswered)(void *arg, uint64_t node);
	void *arg;
};

/* Puts itself between SE, which is mounted, and its descriptor. WITHOUT: sum of enum optimisation.
 */
int wire_attach(struct fuse_session *se, const struct wire_hooks *hooks, unsigned int without);
/* Negative if the kernel could not be given its first answer, which ends the session. */
int wire_error(void);

/* Answers REQUEST, which has been read, where it may go no further or libfuse has no handler for
 * it; false: it is libfuse's. */
bool wire_answer(const void *request);

/* Of the request that the calling thread is working on: a write, or a setattr, by somebody whose
 * doing takes setuid, setgid and capabilities away (FUSE_HANDLE_KILLPRIV_V2). */
bool wire_write_kills_privileges(void);
bool wire_setattr_kills_privileges(void);
