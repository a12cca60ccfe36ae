/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A socket between the process outside a container and the container's first process. */
#pragma once

#include <stdbool.h>

int channel_open(int ret[2]);
/* Tells whether the process at the other end has ended. */
bool channel_is_closed(int channel);
int channel_send_fd(int channel, int fd);
/* Waits for a descriptor. Returns it, or -EPIPE if the other process has ended. */
int channel_receive_fd(int channel);
