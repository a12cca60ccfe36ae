/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the type of a directory's filesystem. */
#pragma once

/* Writes the type of FD's filesystem as /proc/self/mountinfo has it ("ext4"), or "an unknown
 * filesystem". AT_FDCWD is the working directory. */
void fs_type_name(int fd, char ret[32]);
