/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A socket between the process outside of a container and the first one in it. */
#pragma once

#include <stdbool.h>

int channel_open(int ret[2]);
/* The other end is gone. */
bool channel_is_closed(int channel);
int channel_send_fd(int channel, int fd);
/* Waits; -EPIPE if there is none, since the other end is gone. */
int channel_receive_fd(int channel);
