/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Renames with flags, also where the kernel, its filter or the filesystem knows none. */
#pragma once

/* NAME in DIRFD is moved to NEW_NAME in NEW_DIRFD; -EEXIST if that is taken. Where it cannot be
 * asked for in one step, a directory may take the place of an empty one that came in between. */
int rename_noreplace(int dirfd, const char *name, int new_dirfd, const char *new_name);

/* TEMP in the work directory WORK and NAME in DIRFD change places. Where that cannot be done in one
 * step it is done in three, between which NAME is missing. */
int rename_swap(int work, const char *temp, int dirfd, const char *name);
