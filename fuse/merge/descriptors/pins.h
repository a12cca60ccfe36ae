/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pin keeps an upper file that has lost its name while a process may still use it: a descriptor,
 * or where there are too many of these, a name in the work directory. A directory can have no such
 * name: without a descriptor, a process that has it open gets ESTALE. On filesystems where a file
 * dies with its last name (LACKS_UNLINKED) each pin is a name, and a directory is moved. Within the
 * merge filesystem only.
 */
#pragma once

#include "fuse/merge/state.h"

struct pin_name {
	char text[32];
};
/* The name in the work directory that pins NODE. */
struct pin_name pin_name_of(uint32_t node);
/* Notes that such a name was made. */
void pin_named(struct fs *fs);
/* Pins NODE, which is called NAME in DIRFD, by a link of its own, or moves it away from there where
 * it can have none: 1 in that case, else 0. */
int pin_take_name(struct fs *fs, uint32_t node, int dirfd, const char *name, bool directory);

/* Keeps FD, O_PATH, which is taken over, under KEY; 0 or -ENOMEM. */
int pin_keep_fd(struct fs *fs, uint64_t key, int fd);
/* Keeps NODE by a name in the work directory; FD stays the caller's. -EMFILE if it may have none.
 */
int pin_keep_name(struct fs *fs, uint32_t node, int fd);
/* Takes such a name away; true if there was one. */
bool pin_drop_name(struct fs *fs, uint32_t node);
/* Keeps a nameless file that is open as FD, O_PATH, which is taken over. */
int fs_pin_fd(struct fs *fs, uint32_t node, int fd);

/* A descriptor of the pinned inode of NODE. */
int pin_open(struct fs *fs, uint32_t node, struct ref *ret);
/* Whether NODE is pinned by a name, which counts as a link. */
bool pin_is_name(struct fs *fs, uint32_t node);
/* Removes the pin of NODE: nobody uses it any more, or another name leads to it. True if the
 * pin was a name. table.lock may be held. */
bool pin_drop(struct fs *fs, uint32_t node);
/* Removes all pins that are names, at the end of the mount. */
void pins_close(struct fs *fs);
