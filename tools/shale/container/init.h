/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first process of a container: sets it up, starts the command, and ends with it. */
#pragma once

#include "tools/shale/container/container_spec.h"

/* Runs the container. CHANNEL is a socket to the process outside; the container ends when that
 * process ends. With TERMINAL, sends the master of the command's terminal over CHANNEL. Passes
 * blocked signals on to the command. */
_Noreturn void init_main(const struct container *container, int channel, bool terminal);
