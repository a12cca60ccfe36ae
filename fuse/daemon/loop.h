/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The threads that serve a session. As a rule one of them reads requests and works on each by
 * itself: the next request finds it awake, where a thread for each would have to be woken and sent
 * to sleep. Others stand by, and one of them joins in as soon as all that read are held up by what
 * they work on.
 */
#pragma once

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>
#include <stdbool.h>

#include "common/shale.h"

/* Serves SE, which is mounted, until it is unmounted (0), or one of SIGHUP, SIGINT and SIGTERM asks
 * for the end (its number). Negative: threads could not be started. MOST threads are started, of
 * which three must be possible. MANY: several read from the start, and all the time. At the end,
 * threads that are stuck have four seconds: then the process ends, unmounted. */
int loop_serve(struct fuse_session *se, bool many, unsigned int most, struct shale_error *err);
