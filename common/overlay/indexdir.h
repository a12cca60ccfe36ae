/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The index of an upper layer (index=on): the directory work/index. A file that was copied up from
 * a lower hard link has one more name there, made from its lower inode. All names of the lower file
 * are found through this name, so they stay one file.
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

/*
 * Returns the reason why LAYERS, the upper one first, cannot have an index; NULL if they can. File
 * handles must lead back to files, which needs CAP_DAC_READ_SEARCH in the initial user namespace.
 */
const char *indexdir_obstacle(const struct index_layer *layers, size_t n);

/*
 * Opens the index in the work directory WORK, or makes it, and removes stale entries. Returns a
 * descriptor, which the caller closes. Returns -ESTALE if the index or the upper layer belongs to
 * other layers.
 */
int indexdir_open(int work, const struct index_layer *layers, size_t n, enum xattr_class class,
	struct shale_error *err);

/* Makes the index name for the inode of ORIGIN. Returns 0, or -EOPNOTSUPP if the inode has no
 * origin. */
int indexdir_name_of(const struct origin *origin, char ret[INDEX_NAME_SIZE]);

/*
 * Stores how many names the mount shows, in an xattr of the upper inode. The number is relative to
 * the link count of the upper or of the lower inode: of the lower one while the upper one's count
 * is being changed.
 */
enum index_base { INDEX_UPPER = 'U', INDEX_LOWER = 'L' };
int indexdir_set_links(int fd, enum xattr_class class, enum index_base base, int more);
/* Returns how many names the mount shows beyond the links of FD's upper inode; 0 if the inode
 * stores no count. A count relative to the lower inode is found only before indexdir_open. */
int indexdir_more_links(int fd, enum xattr_class class);
