/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pin keeps an upper file that has lost its name while a process may still use it. It is a
 * descriptor, or if there are too many, a name in the work directory. A directory cannot have such
 * a name: without a descriptor, a process that has it open gets ESTALE. On filesystems where a file
 * without a name cannot be used (LACKS_UNLINKED) each pin is a name, and a directory is moved.
 * Within the merge filesystem only.
 */
#pragma once

#include "fuse/merge/state.h"

/* The node that NAME in the work directory is a pin of; 0: none. */
uint32_t pin_node_of(const char *name);
struct pin_name {
	char text[32];
};
/* The name in the work directory that pins NODE. */
struct pin_name pin_name_of(uint32_t node);
/* Notes that such a name has been made. */
void pin_named(struct fs *fs);
/* Pins NODE, called NAME in DIRFD, by a link; or moves it away if it can have none: 1 in that case,
 * else 0. */
int pin_take_name(struct fs *fs, uint32_t node, int dirfd, const char *name, bool directory);

/* Keeps FD, O_PATH, under KEY and takes it over; 0 or -ENOMEM. */
int pin_keep_fd(struct fs *fs, uint64_t key, int fd);
/* Keeps NODE by a name in the work directory; FD stays the caller's. -EMFILE if it may have none.
 */
int pin_keep_name(struct fs *fs, uint32_t node, int fd);
/* Removes such a name; true if there was one. */
bool pin_drop_name(struct fs *fs, uint32_t node);
/* Keeps a nameless file by FD, O_PATH, which it takes over. */
int pin_keep_nameless(struct fs *fs, uint32_t node, int fd);

/* A descriptor of NODE's pinned inode. */
int pin_open(struct fs *fs, uint32_t node, struct ref *ret);
/* Whether NODE is pinned by a name, which counts as a link. */
bool pin_is_name(struct fs *fs, uint32_t node);
/* Removes the pin of NODE: it has no user any more, or another name. True if the pin was a name.
 * The caller may hold table.lock. */
bool pin_drop(struct fs *fs, uint32_t node);
/* Removes all pins that are names; call it at the end of the mount. */
void pins_close(struct fs *fs);
