/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/service/failure.h"

#include <stdarg.h>
#include <stdio.h>

int failure(struct shale_error *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	*err = (struct shale_error){ .code = code };
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return code;
}
