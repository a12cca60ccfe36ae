/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bodies of requests and replies that are too long for memory: passes bytes between a connection
 * and a thread that reads or writes a descriptor. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/shale.h"

/* The function that the thread runs. FD stays the stream's. */
typedef int stream_fn(int fd, void *arg, struct shale_error *err);

/* A body that comes in. */
struct upload;
int upload_begin(stream_fn *fn, void *arg, struct upload **ret, struct shale_error *err);
/* Gives FN the bytes, and waits until it has taken them. Drops bytes that FN does not read any
 * more. */
void upload_write(struct upload *upload, const void *data, size_t size);
/* Ends the body. COMPLETE: FN reads end of file. Otherwise FN's read fails with ECONNRESET, so that
 * FN cannot take a part for the whole body. Returns FN's result, and frees UPLOAD. */
int upload_end(struct upload *upload, bool complete, struct shale_error *err);

/* A body that goes out. */
struct download;
/* Starts FN in a thread. Returns when there are bytes to send, or FN has succeeded. If FN fails
 * before its first byte, returns its error. */
int download_begin(stream_fn *fn, void *arg, struct download **ret, struct shale_error *err);
/* Reads the next bytes. Returns their number; 0 when all was read. An error of FN is returned after
 * its last byte. */
ssize_t download_read(struct download *download, void *buf, size_t size, struct shale_error *err);
/* Ends the body, and waits for FN. If FN still writes, its writes fail with EPIPE. */
void download_end(struct download *download);
