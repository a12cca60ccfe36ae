/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Renames with flags, even if the kernel, a filter or the filesystem does not support the flags. */
#pragma once

/* In the functions below, LACKS has bits of enum upper_lack: features that the filesystem is known
 * to lack. */

/*
 * Moves NAME in DIRFD to NEW_NAME in NEW_DIRFD. Returns -EEXIST if NEW_NAME is taken. If the
 * filesystem cannot do this in one step, a file that another process makes in between is replaced.
 */
int rename_noreplace(
	int dirfd, const char *name, int new_dirfd, const char *new_name, unsigned int lacks);

/* Exchanges TEMP in the work directory WORK and NAME in DIRFD. If the filesystem cannot do this in
 * one step, it takes three steps, between which NAME is missing. */
int rename_swap(int work, const char *temp, int dirfd, const char *name, unsigned int lacks);
