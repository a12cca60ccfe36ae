/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks whether a service of shale's answers at its socket. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Both functions connect to the unix socket PATH, send the first bytes that a client sends, and
 * wait up to five seconds. RET gets the beginning of the reply, with a zero byte at its end. They
 * return its length; 0 if nothing came; -ETIMEDOUT or another negative errno. */
/* Sends the first frame of HTTP/2: shale-snapshotter answers with its own settings. */
int hello_http2(const char *path, char *ret, size_t size);
/* Sends Docker's first call of a plug-in: shale-docker answers which protocol it implements. */
int hello_plugin(const char *path, char *ret, size_t size);
/* Tells whether the reply of hello_http2() is a frame of settings. */
bool hello_is_settings(const char *reply, int n);
