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

/* A request without data fits into this many bytes at the start of the buffer. The answer is built
 * behind them. */
#define REQUEST_ROOM ((size_t)4096)
#define MOST_DATA    ((size_t)1 << 20) /* the most bytes of data in one request or one answer */
#define BUFFER_SIZE  (REQUEST_ROOM + MOST_DATA)

struct transport;

/* One thread's connection to the kernel. It holds one request at a time. */
struct channel {
	struct transport *transport;
	char *buffer; /* BUFFER_SIZE bytes, page-aligned: a request at its start, the answer behind
			 it */
	void *own;    /* belongs to the transport */
};

/* The functions reply, reply_file and notify return 0, or a negative errno if the kernel did not
 * get the bytes. */
struct transport_ops {
	/* Prepares the channel of the calling thread, with BUFFER and OWN. Returns 0 or a negative
	 * errno. */
	int (*start)(struct channel *channel);
	void (*stop)(struct channel *channel);
	/* Waits for a request and reads it into the buffer. Returns its size; 0 if the mount is
	 * gone; -EINTR if a signal came first. */
	ssize_t (*next)(struct channel *channel);
	/* Whether a request is waiting to be read. */
	bool (*waits)(struct transport *transport);
	/* Sends an answer of SIZE bytes. It begins with the header OUT. */
	int (*reply)(struct channel *channel, const struct fuse_out_header *out, size_t size);
	/* Answers a READ with up to SIZE bytes at OFFSET of FD, without copying them. Returns
	 * -EOPNOTSUPP if that is impossible; then nothing was sent, and the caller must copy. */
	int (*reply_file)(struct channel *channel, int fd, off_t offset, size_t size);
	/* Sends a notification to the kernel. Any thread may call this. */
	int (*notify)(struct transport *transport, const struct fuse_out_header *out, size_t size);
};

struct transport {
	const struct transport_ops *ops;
};
