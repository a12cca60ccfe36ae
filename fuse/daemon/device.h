/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The transport over a descriptor of /dev/fuse: one read for each request, one write for each
 * answer. */
#pragma once

#include "fuse/daemon/transport.h"

struct kept_state;

struct device {
	struct transport transport;
	int fd; /* closed with the mount */
	/* State for the next worker; NULL: there will be none. */
	const struct kept_state *kept;
};

struct device device_of(int fd, const struct kept_state *kept);
