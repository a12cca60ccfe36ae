/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Corrects state that a program inherits and cannot work with. */
#pragma once

/* Call it first. Opens /dev/null for each closed standard descriptor, so that no other file takes
 * its number; makes it possible to wait for children; and turns the signal for a file over the
 * caller's size limit, which would kill the program, into an error (EFBIG). */
void inherited_mend(void);
/* Undoes those changes that another program could notice. Call it before exec. */
void inherited_restore(void);
