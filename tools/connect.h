/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connects to a service on this machine. */
#pragma once

/* Connects to the socket at PATH. Each send and receive then waits for up to SECONDS. Returns a
 * descriptor or a negative errno. */
int connect_unix(const char *path, int seconds);
