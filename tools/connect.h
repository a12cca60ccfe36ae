/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connects to a service on this machine. */
#pragma once

/* Returns the descriptor of a connection to the socket at PATH, where each send and receive waits
 * for up to SECONDS; or a negative errno. */
int connect_unix(const char *path, int seconds);
