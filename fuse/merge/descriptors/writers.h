/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors open for writing, by node: kept for half a second after a write, so that the next one
 * to the same file opens nothing. Not longer, for while they are open nobody outside can run the
 * file as a program (ETXTBSY). Only for nodes of the upper layer that have their data: these keep
 * their inode for as long as they live.
 */
#pragma once

#include "fuse/merge/descriptors/fdcache.h"

struct writers;
/* Starts a thread that closes what is idle; it takes no signals. Without KEEP nothing is ever kept.
 */
int writers_open(bool keep, struct writers **ret);
/* How many are kept. */
void writers_limit(struct writers *writers, uint32_t most);
/* Closes what nobody uses. */
void writers_close_unused(struct writers *writers);
/* NULL is allowed. */
void writers_close(struct writers *writers);

/* As the functions of a fdcache are. */
struct fd *writers_get(struct writers *writers, uint32_t node);
struct fd *writers_add(struct writers *writers, uint32_t node, int fd);
void writers_drop(struct writers *writers, uint32_t node);
