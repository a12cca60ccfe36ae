/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What keeps an upper file that has lost its name while somebody may still use it: a descriptor, or
 * where those are too many, a name in the work directory. A directory can have no such name:
 * without a descriptor, who still has it open is told that it is gone (ESTALE). Within the merge
 * filesystem only.
 */
#pragma once

#include "fuse/merge/state.h"

/* Keeps FD, O_PATH, which is taken over, under KEY; 0 or -ENOMEM. */
int pin_keep_fd(struct fs *fs, uint64_t key, int fd);
/* Keeps NODE by a name in the work directory; FD stays the caller's. -EMFILE if it may have none.
 */
int pin_keep_name(struct fs *fs, uint32_t node, int fd);
/* Takes such a name away; true if there was one. */
bool pin_drop_name(struct fs *fs, uint32_t node);
/* Keeps a nameless file that is open as FD, O_PATH, which is taken over. */
int fs_pin_fd(struct fs *fs, uint32_t node, int fd);

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
