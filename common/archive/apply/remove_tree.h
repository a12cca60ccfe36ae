/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removes a directory tree of any depth with only three descriptors. */
#pragma once

/* Removes the directory NAME of DIRFD without recursion: moves it and each directory found inside
 * to SCRATCH, a directory on the same filesystem, and empties them there. Their names are
 * ".wh..rm.N", which no layer may use. *COUNTER makes them unique; the caller keeps it for the next
 * call. */
int remove_tree(int dirfd, const char *name, int scratch, unsigned long *counter);
