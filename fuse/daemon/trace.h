/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints requests and answers on standard error, one line each: shale-fuse -d. */
#pragma once

#include "fuse/daemon/protocol.h"

/* Print a request, whose operation is NAME (NULL: unknown), and an answer. */
void trace_request(const struct fuse_in_header *in, const char *name);
void trace_reply(const struct fuse_out_header *out);
