/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/log.h"

#include "common/base/scope.h"
#include "common/store/store_struct.h"

#include <stdarg.h>
#include <stdio.h>

void store_log(const struct shale_store *store, int level, const char *format, ...)
{
	auto_free char *text = NULL;
	va_list args;

	if (!store->log)
		return;
	va_start(args, format);
	int n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		text = NULL;
	store->log(level, text ? text : "out of memory", store->log_arg);
}

int store_log_removed(const char *what, const char *name, void *arg)
{
	store_log(arg, LOG_INFO, "removed a leftover: %s/%s", what, name);
	return 0;
}
