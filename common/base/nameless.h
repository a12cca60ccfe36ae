/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files without a name, which the kernel deletes when their last descriptor is closed. */
#pragma once

/* Makes a file without a name, for reading and writing, on the filesystem of directory DIR. Returns
 * its descriptor. */
int nameless_open(int dir);
/* Makes a file like nameless_open in a directory for temporary files on a disk: TMPDIR, /var/tmp or
 * /tmp. */
int nameless_open_temporary(void);
