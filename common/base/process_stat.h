/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts of another process, from /proc. */
#pragma once

#include <stddef.h>

/* The pid of PID's parent; 0: it has none that can be seen from here, or PID has ended. */
int process_parent(int pid);
/* The name of the process, as ps(1) shows it; "?" if PID has ended. */
void process_name(int pid, char *ret, size_t size);
