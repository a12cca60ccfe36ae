/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sends messages of the store to the caller's log function. */
#pragma once

#include <syslog.h>

#include "common/shale.h"

/* Sends a message of LEVEL (LOG_WARNING, LOG_INFO, ...) to the caller's log function. */
void store_log(const struct shale_store *store, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Logs a removed leftover. Can be passed as a shale_pair_fn, with the store as ARG. */
int store_log_removed(const char *what, const char *name, void *arg);
