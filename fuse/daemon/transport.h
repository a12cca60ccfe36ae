/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Receives requests and sends answers. The loop and the handlers use only this interface, so
 * requests may come from /dev/fuse (device.h) or from a test.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fuse/daemon/protocol.h"

/* The start of a channel's buffer has room for a request without data. The answer is built after
 * it. */
#define REQUEST_ROOM ((size_t)4096)
#define MOST_DATA    ((size_t)1 << 20) /* most bytes that one request brings or asks for */
#define BUFFER_SIZE  (REQUEST_ROOM + MOST_DATA)

struct transport;

/* One thread's connection to the kernel. It holds one request at a time. */
struct channel {
	struct transport *transport;
	char *buffer; /* BUFFER_SIZE bytes, page-aligned: the request, then its answer */
	void *own;    /* for the transport's own use */
};

/* REPLY, REPLY_FILE and NOTIFY return 0, or a negative errno if the answer did not reach the
 * kernel. */
struct transport_ops {
	/* Sets up the calling thread's channel, with BUFFER and OWN. Returns 0 or a negative errno.
	 */

	int (*start)(struct channel *channel);
	void (*stop)(struct channel *channel);
	/* Waits for a request and reads it into the buffer. Returns its size; 0 if the mount is
	 * gone; -EINTR if a signal came first. */
	ssize_t (*next)(struct channel *channel);
	/* Whether a request can be read at once. */
	bool (*waits)(struct transport *transport);
	/* Sends an answer of SIZE bytes in all, which begins with the header OUT. */
	int (*reply)(struct channel *channel, const struct fuse_out_header *out, size_t size);
	/* Answers a READ with up to SIZE bytes at OFFSET of FD, without copying. Returns
	 * -EOPNOTSUPP if it cannot and has sent nothing; then the caller must copy. */
	int (*reply_file)(struct channel *channel, int fd, off_t offset, size_t size);
	/* Sends the kernel a notification. Any thread may call this. */
	int (*notify)(struct transport *transport, const struct fuse_out_header *out, size_t size);
};

struct transport {
	const struct transport_ops *ops;
};
