/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/timestamp.h"

#include <time.h>

void shale_timestamp_now(char ret[SHALE_TIMESTAMP_SIZE])
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(ret, SHALE_TIMESTAMP_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

int64_t shale_timestamp_parse(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	return end && *end == 'Z' ? timegm(&tm) : -1;
}
