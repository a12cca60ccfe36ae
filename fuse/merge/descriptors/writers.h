/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors open for writing, by node. They are kept for half a second after a write, so that the
 * next write to the file opens nothing. They are not kept longer, because no process outside the
 * mount can execute the file while they are open (ETXTBSY). Only for upper nodes that have their
 * data, since these never change their inode.
 */
#pragma once

#include "fuse/merge/descriptors/fdcache.h"

struct writers;
/* Starts a thread that closes idle descriptors; it blocks all signals. Without KEEP no descriptor
 * is kept. */
int writers_open(bool keep, struct writers **ret);
/* Limits the number of kept descriptors. */
void writers_limit(struct writers *writers, uint32_t most);
/* Closes the kept descriptors that have no user. */
void writers_close_unused(struct writers *writers);
/* Ends the thread, and closes all descriptors. WRITERS may be NULL. */
void writers_close(struct writers *writers);

/* These work like the functions of fdcache.h with the same names. */
struct fd *writers_get(struct writers *writers, uint32_t node);
struct fd *writers_add(struct writers *writers, uint32_t node, int fd);
void writers_drop(struct writers *writers, uint32_t node);
