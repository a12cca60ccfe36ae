/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers requests. An answer is built in the channel's buffer, and may overwrite the end of the
 * request there: do not use the request's strings and data after that. */
#pragma once

#include <sys/stat.h>

#include "fuse/daemon/request.h"

/* Each function answers the request. It returns 0, or a negative errno if the answer did not reach
 * the kernel. R is 0, or the negative errno to answer with. */
int reply_code(const struct request *request, int r);
int reply_body(const struct request *request, const void *body, size_t size);
int reply_open(const struct request *request, uint32_t flags);
/* Answers a WRITE. N is the number of bytes written, or the negative errno to answer with. */
int reply_written(const struct request *request, ssize_t n);
int reply_attr(const struct request *request, int r, const struct stat *st);
/* Answers a STATX. BIRTH is the time when the file was made; NULL: unknown. */
int reply_statx(const struct request *request, const struct stat *st, const struct timespec *birth);
/* Answers with ENTRY. If the answer does not reach the kernel, the kernel will never forget this
 * lookup of ENTRY, so the lookup is undone here. */
void reply_entry(const struct request *request, int r, const struct entry *entry);
/* Answers without an error and without a node, so that the kernel caches that the name is absent.
 */

void reply_absent(const struct request *request);
/* Answers like reply_entry() for an entry that is also open, with FLAGS. */
void reply_created(const struct request *request, int r, const struct entry *entry, uint32_t flags);

/*
 * Returns room for an answer of SIZE bytes, which reply_filled() sends. The request stays readable
 * while the room is filled. If SIZE is too large, which no kernel asks for, answers with EINVAL and
 * returns NULL.
 */
void *reply_room(const struct request *request, size_t size);
int reply_filled(const struct request *request, size_t size);

void put_attr(const struct stat *st, struct fuse_attr *ret);
void put_entry(
	const struct connection *connection, const struct entry *entry, struct fuse_entry_out *ret);
