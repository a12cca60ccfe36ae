/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where something is mounted: held by the directory that the mount point lies in, so that whoever
 * may rename what lies above it cannot lead elsewhere between a look and a call. */
#pragma once

#include <stdint.h>

struct mountplace {
	char path[320]; /* through the descriptor, for calls that take a path */
	int parent;
	uint64_t mount; /* the unique id of what is mounted there; 0: nothing, or it cannot be told
			 */
};
#define MOUNTPLACE_NONE ((struct mountplace){ .parent = -1 })

/* The unique id of the mount at PATH, as above. */
uint64_t mountplace_mount(const char *path);
/* PATH is absolute, and its last part no link. Asks no filesystem that is mounted there. */
int mountplace_open(const char *path, struct mountplace *ret);
void mountplace_close(struct mountplace *place);
#define auto_mountplace __attribute__((cleanup(mountplace_close)))

/* Looks again what is mounted there. */
void mountplace_look(struct mountplace *place);
/* Unmounts what is at PATH, with FLAGS as umount2(2). If UNIQUE_ID is known and another mount is
 * there, or none, it is looked for where it is now; -ESTALE if it is not found. */
int mountplace_umount(const char *path, uint64_t unique_id, int flags);
