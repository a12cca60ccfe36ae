/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The index of an upper layer (index=on), work/index. A file that was copied up from a lower hard
 * link lies there, as one more link of the upper inode, under a name made from its lower inode.
 * Through it all names of the lower file lead to that inode, and stay one file.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/overlay/origin.h"
#include "common/shale.h"

#define INDEX_NAME_SIZE 256

/* A layer's root and its filesystem's uuid (NULL: it has none). */
struct index_layer {
	int fd;
	const uint8_t *uuid;
};

/* Says why the LAYERS, the upper one first, can have no index here; NULL if they can. File handles
 * must lead back to files, which needs CAP_DAC_READ_SEARCH in the initial user namespace. */
const char *indexdir_obstacle(const struct index_layer *layers, size_t n);

/* Opens the index in the work directory WORK, or makes it, and removes stale entries. Returns a
 * descriptor, the caller's. -ESTALE: index or upper layer belong to other layers. */
int indexdir_open(int work, const struct index_layer *layers, size_t n, enum xattr_class class,
	struct shale_error *err);

/* The index name for the inode of ORIGIN: 0, or -EOPNOTSUPP if it has none. */
int indexdir_name_of(const struct origin *origin, char ret[INDEX_NAME_SIZE]);

/* An upper inode keeps the number of names that the mount shows, relative to the link count of its
 * upper or of its lower inode. It is relative to the lower one while a change of the upper one is
 * under way. */
enum index_base { INDEX_UPPER = 'U', INDEX_LOWER = 'L' };
int indexdir_set_links(int fd, enum xattr_class class, enum index_base base, int more);
/* How many names the mount shows beyond the links of FD's upper inode; 0 if the inode keeps no
 * count. A count relative to the lower inode is found only before indexdir_open. */
int indexdir_more_links(int fd, enum xattr_class class);
