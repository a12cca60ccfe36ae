/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints usage, errors and warnings of shale-fuse; on standard error unless a comment says
 * otherwise. */
#pragma once

#include "common/shale.h"
#include "fuse/daemon/options.h"

#include <stdio.h>

void message_usage(FILE *to);
/* Prints ERR and its remedy. Returns EXIT_FAILURE. */
int message_error(const struct shale_error *err);
/* Warns of the options that are not known, if there are any. */
void message_unknown(const struct daemon_options *options);
void message_no_keeper(void);
/* Warns that the mount has no index; WHY is the reason. For struct serve_run; ARG is not used. */
void message_no_index(void *arg, const char *why);
void message_no_work(void *arg, const char *work, int error);
void message_limited(unsigned long seconds);
