/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Corrects state that a program inherits and cannot work with. */
#pragma once

/* Call this first. Opens /dev/null for each standard descriptor that is closed, so that no other
 * file gets its number. Restores the default action of SIGCHLD, to be able to wait for children.
 * Ignores SIGXFSZ, which would kill the program at the caller's limit on file sizes: the write
 * fails with EFBIG instead. */
void inherited_mend(void);
/* Restores the settings that an executed program would inherit. Call it before exec. */
void inherited_restore(void);
