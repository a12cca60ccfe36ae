/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files without a name, which the kernel deletes when their last descriptor is closed. */
#pragma once

/* Makes one for reading and writing, on the filesystem of directory DIR, and returns its
 * descriptor. */
int nameless_open(int dir);
/* The same in a directory for temporary files on a disk: TMPDIR, /var/tmp or /tmp. */
int nameless_open_temporary(void);
