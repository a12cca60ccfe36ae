/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The index of an upper layer (index=on), work/index: what was copied up from a lower hard link
 * lies there under a name that its lower inode gives it, as one more link of the upper inode. All
 * other names of the lower file are found to be that inode, and stay one file with it.
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

/* Why the LAYERS, the upper one first, can have no index here: words, or NULL if they can. File
 * handles must lead back to files, which takes CAP_DAC_READ_SEARCH in the initial user namespace.
 */
const char *index_obstacle(const struct index_layer *layers, size_t n);

/* The index in the work directory WORK, made if there is none, without what is stale: a descriptor,
 * the caller's. -ESTALE: index or upper layer belong to other layers. */
int index_open(int work, const struct index_layer *layers, size_t n, enum xattr_class class,
	struct shale_error *err);

/* The name that the inode of ORIGIN has in an index: 0, or -EOPNOTSUPP where it has none. */
int index_name_of(const struct origin *origin, char ret[INDEX_NAME_SIZE]);

/* How many names the mount shows of the inode FD is kept on it, relative to the link count of its
 * upper or its lower inode: what is being done to the upper one may be cut short. */
enum index_base { INDEX_UPPER = 'U', INDEX_LOWER = 'L' };
int index_set_links(int fd, enum xattr_class class, enum index_base base, int more);
/* How many more the mount shows than FD's upper inode has links, 0 where nothing is kept. What is
 * relative to the lower inode is only found before index_open. */
int index_more_links(int fd, enum xattr_class class);
