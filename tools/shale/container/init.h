/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first process of a container: sets it up, starts the command, and ends with it. */
#pragma once

#include "tools/shale/container/container_spec.h"

/* CHANNEL is a socket to the process outside, whose end is the container's, too. With TERMINAL the
 * master of the command's terminal is sent there. The signals that are blocked go to the command.
 */
_Noreturn void init_main(const struct container *container, int channel, bool terminal);
