/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void put_in_front(struct shale_error *err, const char *words, const char *rest)
{
	char whole[sizeof(err->text)];

	snprintf(whole, sizeof(whole), "%s%s%s", words, *rest ? ": " : "", rest);
	memcpy(err->text, whole, sizeof(whole));
}

static int fail(struct shale_error *err, int code, bool plain, const char *format, va_list args)
{
	char words[sizeof(err->text)];

	if (!err)
		return code;
	vsnprintf(words, sizeof(words), format, args);
	err->code = code;
	if (err->text[0] || plain)
		put_in_front(err, words, err->text);
	else
		put_in_front(err, words, strerror(-code));
	return code;
}

int error_fail(struct shale_error *err, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail(err, code, false, format, args);
	va_end(args);
	return code;
}

int error_fail_plain(struct shale_error *err, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail(err, code, true, format, args);
	va_end(args);
	return code;
}

int error_remedy(struct shale_error *err, int code, const char *format, ...)
{
	va_list args;

	if (!err || err->remedy[0])
		return code;
	va_start(args, format);
	vsnprintf(err->remedy, sizeof(err->remedy), format, args);
	va_end(args);
	return code;
}

void error_clear(struct shale_error *err)
{
	if (err)
		*err = (struct shale_error){ 0 };
}
