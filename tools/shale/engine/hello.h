/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a service of shale's answers at its socket. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Each connects to the unix socket PATH, greets, and waits up to five seconds for the reply.
 * Returns the length of the reply's beginning in RET, which ends with a zero; 0: it ended without
 * one; -ETIMEDOUT, or another negative errno. */
/* The first frame of HTTP/2: shale-snapshotter answers with its own settings. */
int hello_http2(const char *path, char *ret, size_t size);
/* Docker's first call of a plug-in: shale-docker answers what it implements. */
int hello_plugin(const char *path, char *ret, size_t size);
/* The reply of hello_http2() is a frame of settings. */
bool hello_is_settings(const char *reply, int n);
