/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names for what is not finished: ".shale-" and 16 hexadecimal digits. Its maker locks it for as
 * long as it works on it, so that what a killed one left can be told apart and removed. */
#pragma once

#define UNFINISHED_SIZE 32

int unfinished_name(char ret[UNFINISHED_SIZE]);
/* A new directory of such a name in DIR, locked: a descriptor, the caller's. */
int unfinished_make_dir(int dir, char ret_name[UNFINISHED_SIZE]);
/* Locks a file that has or will have such a name. -EAGAIN: it was taken for a leftover meanwhile.
 * Where the filesystem knows no locks, nothing is swept either. */
int unfinished_lock(int fd);

/* Removes the directory NAME of DIR with all that is in it, to a depth of three. */
void unfinished_remove_dir(int dir, const char *name);
/* Removes what killed processes of this user left in DIR. */
void unfinished_sweep(int dir);
