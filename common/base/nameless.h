/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files without a name, which are gone with the process that made them. */
#pragma once

/* A new one for reading and writing, on the filesystem of directory DIR; a descriptor, the
 * caller's. */
int nameless_open(int dir);
/* The same on a disk that is meant for such files: TMPDIR, /var/tmp or /tmp. */
int nameless_open_temporary(void);
