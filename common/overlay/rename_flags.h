/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Renames with flags, also where the kernel, a filter or the filesystem does not support the
 * flags. */
#pragma once

/* LACKS is a sum of enum upper_lack: what the filesystem is known to lack. */

/* Moves NAME in DIRFD to NEW_NAME in NEW_DIRFD; -EEXIST if NEW_NAME is taken. Where this cannot be
 * one step, a file that is made in between is replaced. */
int rename_noreplace(
	int dirfd, const char *name, int new_dirfd, const char *new_name, unsigned int lacks);

/* Exchanges TEMP in the work directory WORK and NAME in DIRFD. Where this cannot be one step it
 * takes three, between which NAME is missing. */
int rename_swap(int work, const char *temp, int dirfd, const char *name, unsigned int lacks);
