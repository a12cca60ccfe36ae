/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/time_text.h"

#include <stdio.h>
#include <time.h>

void time_text_format(int64_t seconds, char ret[TIME_TEXT_SIZE])
{
	time_t time = (time_t)seconds;
	struct tm tm;

	ret[0] = 0;
	if (seconds >= 0 && gmtime_r(&time, &tm))
		strftime(ret, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void time_text_age(int64_t seconds, char ret[TIME_TEXT_SIZE])
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = { { "year", 365 * 86400 }, { "month", 30 * 86400 }, { "week", 7 * 86400 },
		{ "day", 86400 }, { "hour", 3600 }, { "minute", 60 }, { "second", 1 } };
	const int64_t age = time(NULL) - seconds;
	size_t i = 0;

	ret[0] = 0;
	if (seconds < 0 || age < 0)
		return;
	/* Use a smaller unit instead of "1" of a larger one, as Docker does. */
	while (i < sizeof(units) / sizeof(*units) - 1 && age < 2 * units[i].seconds)
		i++;
	const int64_t n = age / units[i].seconds;
	snprintf(ret, TIME_TEXT_SIZE, "%lld %s%s", (long long)n, units[i].name, n == 1 ? "" : "s");
}
