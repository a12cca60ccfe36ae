/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/levers.h"

#include "common/error.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	enum shale_lever lever;
} levers[] = {
	{ "open", SHALE_LEVER_OPEN },
	{ "dirs", SHALE_LEVER_DIRS },
	{ "plus", SHALE_LEVER_PLUS },
	{ "negative", SHALE_LEVER_NEGATIVE },
	{ "links", SHALE_LEVER_LINKS },
	{ "parallel", SHALE_LEVER_PARALLEL },
	{ "readahead", SHALE_LEVER_READAHEAD },
	{ "writers", SHALE_LEVER_WRITERS },
	{ "xattrs", SHALE_LEVER_XATTRS },
	{ "reader", SHALE_LEVER_READER },
	{ "splice", SHALE_LEVER_SPLICE },
};
#define N_LEVERS (sizeof(levers) / sizeof(*levers))

int shale_levers_parse(const char *text, struct shale_error *err)
{
	int all = 0;

	for (const char *end; *text; text = *end ? end + 1 : end) {
		size_t i = 0, n = strcspn(text, "+");
		end = text + n;
		while (i < N_LEVERS &&
			(strlen(levers[i].name) != n || strncmp(levers[i].name, text, n)))
			i++;
		if (i == N_LEVERS)
			return shale_fail_plain(err, -EINVAL,
				"option 'without' knows no '%.*s': open, dirs, plus, negative, "
				"links, parallel, readahead, writers, xattrs, reader, splice, "
				"joined by '+'",
				(int)n, text);
		all |= (int)levers[i].lever;
	}
	return all;
}
