/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bodies that are too long for memory: bytes between a connection and a thread that reads or writes
 * a descriptor. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/shale.h"

/* The work of the thread at its end; FD stays the stream's. */
typedef int stream_fn(int fd, void *arg, struct shale_error *err);

/* Bytes that come in. */
struct upload;
int upload_begin(stream_fn *fn, void *arg, struct upload **ret, struct shale_error *err);
/* Waits until they are taken. What FN does not want any more is dropped. */
void upload_write(struct upload *upload, const void *data, size_t size);
/* COMPLETE: the body has ended; FN reads its end. Otherwise FN's read fails with ECONNRESET, so
 * that it cannot take the beginning for the whole. Returns what FN did, and frees UPLOAD. */
int upload_end(struct upload *upload, bool complete, struct shale_error *err);

/* Bytes that go out. */
struct download;
/* Returns when there is something to send, or FN has succeeded; an error of FN before its first
 * byte is one of this function. */
int download_begin(stream_fn *fn, void *arg, struct download **ret, struct shale_error *err);
/* 0: all was read. An error of FN comes behind its last byte. */
ssize_t download_read(struct download *download, void *buf, size_t size, struct shale_error *err);
/* FN's writes fail with EPIPE if it has not ended, and are waited for. */
void download_end(struct download *download);
