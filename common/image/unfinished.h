/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Temporary names for unfinished files: ".shale-" and 16 hexadecimal digits. The maker keeps the
 * file locked, so that other processes recognise and remove the leftovers of killed ones. */
#pragma once

#define UNFINISHED_SIZE 32

int unfinished_name(char ret[UNFINISHED_SIZE]);
/* Makes a directory with such a name in DIR, and locks it. Returns a descriptor, which the caller
 * closes. */
int unfinished_make_dir(int dir, char ret_name[UNFINISHED_SIZE]);
/* Locks a file that has, or will get, such a name. Returns -EAGAIN if a sweep is removing the file
 * as a leftover. On a filesystem without locks no sweep removes anything. */
int unfinished_lock(int fd);

/* Removes the directory NAME of DIR with everything in it, three levels deep at most. */
void unfinished_remove_dir(int dir, const char *name);
/* Removes the leftovers of this user's killed processes in DIR. */
void unfinished_sweep(int dir);
