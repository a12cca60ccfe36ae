/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The transport over a descriptor of /dev/fuse: one read for each request, one write for each
 * answer. */
#pragma once

#include "fuse/daemon/transport.h"

struct kept;

struct device {
	struct transport transport;
	int fd;                  /* the mount closes it */
	const struct kept *kept; /* another worker may go on with the device; NULL: none may */
};

struct device device_of(int fd, const struct kept *kept);
