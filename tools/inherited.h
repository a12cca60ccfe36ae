/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replaces what a program inherits from its caller and cannot work with. */
#pragma once

/*
 * To be called first. Standard descriptors that are closed lead to /dev/null, so that no other file
 * takes their place; children can be waited for; and a file that grows beyond the caller's limit is
 * an error (EFBIG), not the end.
 */
void inherited_mend(void);
/* Before another program takes this one's place: undoes what that could notice. */
void inherited_restore(void);
