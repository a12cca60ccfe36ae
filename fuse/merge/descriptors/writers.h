/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors open for writing, by node, kept for half a second after a write, so that the next
 * write to the file opens nothing. They are not kept longer, because while they are open no process
 * can execute the file outside the mount (ETXTBSY). Only for nodes of the upper layer that have
 * their data: these never change their inode.
 */
#pragma once

#include "fuse/merge/descriptors/fdcache.h"

struct writers;
/* Starts a thread that closes idle descriptors, with all signals blocked. Without KEEP no
 * descriptor is kept. */
int writers_open(bool keep, struct writers **ret);
/* Limits the number of kept descriptors. */
void writers_limit(struct writers *writers, uint32_t most);
/* Closes the descriptors without a user. */
void writers_close_unused(struct writers *writers);
/* WRITERS may be NULL. */
void writers_close(struct writers *writers);

/* Like the functions of a fdcache. */
struct fd *writers_get(struct writers *writers, uint32_t node);
struct fd *writers_add(struct writers *writers, uint32_t node, int fd);
void writers_drop(struct writers *writers, uint32_t node);
