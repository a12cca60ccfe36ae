/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/files/timestamp.h"

#include <string.h>
#include <time.h>

void timestamp_of(int64_t seconds, char ret[TIMESTAMP_SIZE])
{
	time_t time = (time_t)seconds;
	struct tm tm;

	gmtime_r(&time, &tm);
	strftime(ret, TIMESTAMP_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void timestamp_now(char ret[TIMESTAMP_SIZE])
{
	timestamp_of(time(NULL), ret);
}

int64_t timestamp_parse(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	if (end && *end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	return end && *end == 'Z' ? timegm(&tm) : -1;
}
