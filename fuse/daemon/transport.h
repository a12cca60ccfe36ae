/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How requests come from the kernel and answers go back. The loop and the handlers know nothing
 * else of it, so that requests may come from /dev/fuse (device.h), or from a test.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fuse/daemon/protocol.h"

/* At the start of a channel's buffer: room for a request that brings no data of its own. The answer
 * is built behind it. */
#define REQUEST_ROOM ((size_t)4096)
#define MOST_DATA    ((size_t)1 << 20) /* bytes that one request brings or asks for */
#define BUFFER_SIZE  (REQUEST_ROOM + MOST_DATA)

struct transport;

/* One thread's way to the kernel; it is at work on one request at a time. */
struct channel {
	struct transport *transport;
	char *buffer; /* BUFFER_SIZE bytes, aligned to a page: the request, then its answer */
	void *own;    /* the transport's */
};

/* REPLY and the others return 0 or a negative errno: the answer has not arrived. */
struct transport_ops {
	/* Makes the calling thread's channel ready, BUFFER and OWN; 0 or a negative errno. */
	int (*start)(struct channel *channel);
	void (*stop)(struct channel *channel);
	/* Waits for a request and puts it into the buffer: its size; 0: the mount is gone; -EINTR:
	 * a signal came first. */
	ssize_t (*next)(struct channel *channel);
	/* Sends an answer of SIZE bytes, with its header, which says so too. */
	int (*reply)(struct channel *channel, const struct fuse_out_header *out, size_t size);
	/* Answers a READ with up to SIZE bytes of FD from OFFSET on, without a copy. -EOPNOTSUPP:
	 * it cannot, nothing has been sent, and the caller is to copy. */
	int (*reply_file)(struct channel *channel, int fd, off_t offset, size_t size);
	/* Tells the kernel what it has not asked for; from any thread. */
	int (*notify)(struct transport *transport, const struct fuse_out_header *out, size_t size);
};

struct transport {
	const struct transport_ops *ops;
};
