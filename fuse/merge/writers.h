/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors open for writing, by node: kept for half a second after a write, so that the next one
 * to the same file opens nothing. Not longer, for while they are open nobody outside can run the
 * file as a program (ETXTBSY). Only for nodes of the upper layer that have their data: these keep
 * their inode for as long as they live.
 */
#pragma once

#include "fuse/merge/fdcache.h"

struct shale_writers;
/* Starts a thread that closes what is idle; it takes no signals. Without KEEP nothing is ever kept.
 */
int shale_writers_open(bool keep, struct shale_writers **ret);
/* How many are kept. */
void shale_writers_limit(struct shale_writers *writers, uint32_t most);
/* Closes what nobody uses. */
void shale_writers_close_unused(struct shale_writers *writers);
/* NULL is allowed. */
void shale_writers_close(struct shale_writers *writers);

/* As the functions of a shale_fdcache are. */
struct shale_fd *shale_writers_get(struct shale_writers *writers, uint32_t node);
struct shale_fd *shale_writers_add(struct shale_writers *writers, uint32_t node, int fd);
void shale_writers_drop(struct shale_writers *writers, uint32_t node);
