/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bodies of requests and replies that are too long for memory. A thread reads or writes a
 * descriptor; these functions pass the bytes between this descriptor and a connection. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/shale.h"

/* The function that the thread runs. FD stays the stream's. */
typedef int stream_fn(int fd, void *arg, struct shale_error *err);

/* The body of a request: bytes come from the connection, and the thread reads them. */
struct upload;
int upload_begin(stream_fn *fn, void *arg, struct upload **ret, struct shale_error *err);
/* Gives the bytes to FN, and waits until FN has read them. If FN does not read any more, drops
 * them. */
void upload_write(struct upload *upload, const void *data, size_t size);
/* Ends the body. If it is COMPLETE, FN reads end of file; otherwise FN's read fails with
 * ECONNRESET, so that FN does not take a part for the whole. Returns FN's result, and frees
 * UPLOAD. */
int upload_end(struct upload *upload, bool complete, struct shale_error *err);

/* The body of a reply: the thread writes bytes, and they go to the connection. */
struct download;
/* Starts FN in a thread. Waits until FN has written something or has ended. If FN fails before its
 * first byte, returns its error. */
int download_begin(stream_fn *fn, void *arg, struct download **ret, struct shale_error *err);
/* Reads the next bytes. Returns their number; 0 when all was read. An error of FN is returned after
 * its last byte. */
ssize_t download_read(struct download *download, void *buf, size_t size, struct shale_error *err);
/* Ends the body, and waits for FN. If FN still writes, its writes fail with EPIPE. */
void download_end(struct download *download);
