/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What keeps an upper file that has lost its name while somebody may still use it: a descriptor, or
 * where those are too many, a name in the work directory. A directory can have no such name:
 * without a descriptor, who still has it open is told that it is gone (ESTALE). Within the merge
 * filesystem only.
 */
#pragma once

#include "fuse/merge/descriptors/locate.h"

/* Keeps NODE (0: nothing to do), whose name is about to go. TREE is held. */
int fs_pin(struct fs *fs, uint32_t node);
/* The same for a nameless file that is open as FD, O_PATH, which is taken over. */
int fs_pin_fd(struct fs *fs, uint32_t node, int fd);
/* The name stays after all. */
void fs_unpin(struct fs *fs, uint32_t node);
/* NODE (0: nothing to do), which has been pinned, has no name any more. */
void fs_unlinked(struct fs *fs, uint32_t node);

/* A descriptor of what is kept of NODE. */
int pin_open(struct fs *fs, uint32_t node, struct ref *ret);
/* Whether it is kept by a name, which counts as a link. */
bool pin_is_name(struct fs *fs, uint32_t node);
/* Nobody uses NODE any more, or another name leads to it. Whether a link went. table.lock may be
 * held.
 */
bool pin_drop(struct fs *fs, uint32_t node);
/* At the end: leaves no names. */
void pins_close(struct fs *fs);
