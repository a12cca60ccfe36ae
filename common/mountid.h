/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which mount a descriptor was opened through: a number that /proc/self/mountinfo lists too. */
#pragma once

/* -1 where it cannot be told. */
int shale_mount_id(int fd);
