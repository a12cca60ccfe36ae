/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pins. An upper file that loses its name must stay usable while a process has it open: the pin
 * keeps it. Mostly the pin is a descriptor; if there are too many descriptors, it is a name in the
 * work directory. A directory cannot have a second name, so without a free descriptor a process
 * that has it open gets ESTALE. Some filesystems cannot use a file without a name (LACKS_UNLINKED):
 * there each pin is a name, and a directory is moved to it. Within the merge filesystem only. */
#pragma once

#include "fuse/merge/state.h"

/* Returns the node that NAME in the work directory pins; 0: NAME is not a pin. */
uint32_t pin_node_of(const char *name);
struct pin_name {
	char text[32];
};
/* Returns the name in the work directory that pins NODE. */
struct pin_name pin_name_of(uint32_t node);
/* Notes that a pin with a name has been made. */
void pin_named(struct fs *fs);
/* Pins NODE, called NAME in DIRFD, by a link in the work directory; returns 0. If NODE can have no
 * link, moves NAME to the work directory; returns 1. */
int pin_take_name(struct fs *fs, uint32_t node, int dirfd, const char *name, bool directory);

/* Pins by FD, an O_PATH descriptor, which is kept under KEY. Owns FD then. Returns 0 or -ENOMEM. */
int pin_keep_fd(struct fs *fs, uint64_t key, int fd);
/* Pins NODE by a name in the work directory, made from the descriptor FD, which stays the caller's.
 * Returns -EMFILE if the file can have no more names. */
int pin_keep_name(struct fs *fs, uint32_t node, int fd);
/* Removes the name that pins NODE. Returns true if there was one. */
bool pin_drop_name(struct fs *fs, uint32_t node);
/* Pins a file that never had a name by FD, an O_PATH descriptor, which it then owns. */
int pin_keep_nameless(struct fs *fs, uint32_t node, int fd);

/* Gets a descriptor of NODE's pinned inode. */
int pin_open(struct fs *fs, uint32_t node, struct ref *ret);
/* Whether NODE is pinned by a name, which counts as one of the inode's links. */
bool pin_is_name(struct fs *fs, uint32_t node);
/* Removes the pin of NODE: nobody uses NODE any more, or it has got a name. Returns true if the pin
 * was a name. The caller may hold table.lock. */
bool pin_drop(struct fs *fs, uint32_t node);
/* Removes all names that are pins, when the mount ends. */
void pins_close(struct fs *fs);
