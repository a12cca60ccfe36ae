/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replaces inherited state that a program cannot work with. */
#pragma once

/*
 * Call it first. Opens /dev/null for each closed standard descriptor, so that no other file takes
 * its number; makes it possible to wait for children; and makes a file that grows beyond the
 * caller's limit an error (EFBIG) instead of a deadly signal.
 */
void inherited_mend(void);
/* Undoes what another program could notice; call it before exec. */
void inherited_restore(void);
