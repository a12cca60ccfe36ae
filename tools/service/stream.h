/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bodies that are too long for memory: passes bytes between a connection and a thread that reads or
 * writes a descriptor. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/shale.h"

/* The thread's work; FD stays the stream's. */
typedef int stream_fn(int fd, void *arg, struct shale_error *err);

/* A body that comes in. */
struct upload;
int upload_begin(stream_fn *fn, void *arg, struct upload **ret, struct shale_error *err);
/* Waits until the bytes are taken. Drops bytes that FN does not read any more. */
void upload_write(struct upload *upload, const void *data, size_t size);
/* COMPLETE: the body has ended, and FN reads end of file. Otherwise FN's read fails with
 * ECONNRESET, so that FN cannot take a part for the whole body. Returns FN's result, and frees
 * UPLOAD. */
int upload_end(struct upload *upload, bool complete, struct shale_error *err);

/* A body that goes out. */
struct download;
/* Returns when there are bytes to send, or FN has succeeded. If FN fails before its first byte,
 * returns its error. */
int download_begin(stream_fn *fn, void *arg, struct download **ret, struct shale_error *err);
/* 0: everything was read. An error of FN follows its last byte. */
ssize_t download_read(struct download *download, void *buf, size_t size, struct shale_error *err);
/* If FN has not ended, its writes now fail with EPIPE; waits for its end. */
void download_end(struct download *download);
