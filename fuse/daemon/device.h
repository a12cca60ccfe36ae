/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The transport over a descriptor of /dev/fuse: one read a request, one write an answer. */
#pragma once

#include "fuse/daemon/transport.h"

struct device {
	struct transport transport;
	int fd; /* the mount's own, not closed here */
};

struct device device_of(int fd);
