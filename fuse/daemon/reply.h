/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers requests. An answer is built in the channel's buffer, and may overwrite the end of the
 * request there: do not use the request's strings and data after these calls. */
#pragma once

#include <sys/stat.h>

#include "fuse/daemon/request.h"

/* All these functions answer the request. They return 0, or a negative errno if the answer did not
 * reach the kernel. R is 0, or the negative errno to answer with. */
int reply_code(const struct request *request, int r);
int reply_body(const struct request *request, const void *body, size_t size);
int reply_open(const struct request *request, uint32_t flags);
/* Answers a WRITE. N is the number of bytes written, or the negative errno to answer with. */
int reply_written(const struct request *request, ssize_t n);
int reply_attr(const struct request *request, int r, const struct stat *st);
/* Answers a STATX. BIRTH is the time when the file was made; NULL: unknown. */
int reply_statx(const struct request *request, const struct stat *st, const struct timespec *birth);
/* Answers with ENTRY. If the answer does not reach the kernel, undoes the lookup that ENTRY counts:
 * the kernel will send no FORGET for it. */
void reply_entry(const struct request *request, int r, const struct entry *entry);
/* Answers that there is no such name, as an entry without a node: then the kernel may cache the
 * absence. */
void reply_absent(const struct request *request);
/* Answers like reply_entry() for an entry that is also opened. FLAGS are the FOPEN_ bits. */
void reply_created(const struct request *request, int r, const struct entry *entry, uint32_t flags);

/* Returns room for an answer of SIZE bytes, which reply_filled() sends. The request stays readable
 * meanwhile. No kernel asks for more than there is room for; if one does, answers with EINVAL and
 * returns NULL. */
void *reply_room(const struct request *request, size_t size);
int reply_filled(const struct request *request, size_t size);

void put_attr(const struct stat *st, struct fuse_attr *ret);
void put_entry(
	const struct connection *connection, const struct entry *entry, struct fuse_entry_out *ret);
