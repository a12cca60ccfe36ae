/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints requests and answers on standard error, one line each: shale-fuse -d. */
#pragma once

#include "fuse/daemon/protocol.h"

/* trace_request prints a request; NAME is its operation, NULL: unknown. trace_reply prints an
 * answer. */
void trace_request(const struct fuse_in_header *in, const char *name);
void trace_reply(const struct fuse_out_header *out);
