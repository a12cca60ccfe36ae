/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints requests and answers on standard error, one line each: shale-fuse -d. */
#pragma once

#include "fuse/daemon/protocol.h"

/* NAME: the operation's; NULL: unknown. */
void trace_request(const struct fuse_in_header *in, const char *name);
void trace_reply(const struct fuse_out_header *out);
