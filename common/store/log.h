/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sends messages of the store to the caller's log function. */
#pragma once

#include <syslog.h>

#include "common/shale.h"

/* LEVEL: LOG_WARNING, LOG_INFO, ... */
void store_log(const struct shale_store *store, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A shale_pair_fn that logs a removed leftover. ARG: the store. */
int store_log_removed(const char *what, const char *name, void *arg);
