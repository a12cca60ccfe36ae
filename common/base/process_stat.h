/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads facts about another process from /proc. */
#pragma once

#include <stddef.h>

/* Returns the pid of PID's parent; 0: this process cannot see a parent, or PID has ended. */
int process_parent(int pid);
/* Writes the name of the process, as ps(1) shows it; "?" if PID has ended. */
void process_name(int pid, char *ret, size_t size);
