/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clears the work directory. Within the merge filesystem only. */
#pragma once

/* Removes NAME in the work directory with everything below it. Ignores failures: the next mount
 * removes what is left. */
void work_remove(int work, const char *name);
/* Removes everything below NAME in the work directory, and keeps NAME. */
void work_empty(int work, const char *name);
