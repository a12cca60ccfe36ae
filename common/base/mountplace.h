/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mount point, held by a descriptor of its parent directory. So a user who can rename the
 * directories above it cannot divert a later call to another place. */
#pragma once

#include <stdint.h>

struct mountplace {
	char path[320]; /* "/proc/self/fd/PARENT/NAME", for calls that take a path */
	int parent;
	/* Unique id of the mount there; 0: nothing is mounted there, or the kernel does not tell.
	 */

	uint64_t mount;
};
#define MOUNTPLACE_NONE ((struct mountplace){ .parent = -1 })

/* Returns the unique id of the mount at PATH; 0: nothing is mounted there, or the kernel does not
 * report ids. */
uint64_t mountplace_mount(const char *path);
/* Opens the parent directory of PATH. PATH is absolute, and its last part must not be a symbolic
 * link. Asks no filesystem that is mounted at PATH. */
int mountplace_open(const char *path, struct mountplace *ret);
void mountplace_close(struct mountplace *place);
#define auto_mountplace __attribute__((cleanup(mountplace_close)))

/* Updates the mount id in PLACE: another mount may be there now. */
void mountplace_look(struct mountplace *place);
/*
 * Unmounts the mount at PATH, with FLAGS as for umount2(2). If UNIQUE_ID is known and PATH has
 * another mount, or no mount, unmounts the mount of that id wherever it is now. Returns -ESTALE if
 * there is no such mount.
 */
int mountplace_umount(const char *path, uint64_t unique_id, int flags);
