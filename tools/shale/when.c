/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/when.h"

#include <time.h>

void when_format(int64_t seconds, char ret[WHEN_SIZE])
{
	time_t time = (time_t)seconds;
	struct tm tm;

	ret[0] = 0;
	if (seconds >= 0 && gmtime_r(&time, &tm))
		strftime(ret, WHEN_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
