/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors that are open for writing, by node. They stay open for half a second after a write,
 * so that the next write opens nothing. Not longer: while a file is open for writing, no process
 * outside the mount can execute it (ETXTBSY). Only for upper nodes that have their data, since the
 * inode of such a node never changes. */
#pragma once

#include "fuse/merge/descriptors/fdcache.h"

struct writers;
/* Starts a thread that closes unused descriptors. The thread blocks all signals. If KEEP is false,
 * no descriptor is kept. */
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
