/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mount point, held by a descriptor of the directory that it lies in: a user who can rename the
 * directories above it cannot divert a later call to another place. */
#pragma once

#include <stdint.h>

struct mountplace {
	char path[320]; /* the path through that descriptor, for calls that take a path */
	int parent;
	/* The unique id of the mount there; 0: there is none, or it cannot be told. */
	uint64_t mount;
};
#define MOUNTPLACE_NONE ((struct mountplace){ .parent = -1 })

/* The unique id of the mount at PATH; 0 as in struct mountplace. */
uint64_t mountplace_mount(const char *path);
/* PATH is absolute, and its last part is no symbolic link. Asks no filesystem that is mounted
 * there. */
int mountplace_open(const char *path, struct mountplace *ret);
void mountplace_close(struct mountplace *place);
#define auto_mountplace __attribute__((cleanup(mountplace_close)))

/* Updates the id of the mount that is there now. */
void mountplace_look(struct mountplace *place);
/* Unmounts the mount at PATH, with FLAGS as for umount2(2). If UNIQUE_ID is known and PATH has
 * another mount, or none, unmounts the mount of that id wherever it is now; -ESTALE if it is not
 * found. */
int mountplace_umount(const char *path, uint64_t unique_id, int flags);
