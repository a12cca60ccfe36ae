/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/optimisations.h"

#include "common/base/error.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	enum optimisation optimisation;
} optimisations[] = {
	{ "open", OPTIMISATION_OPEN },
	{ "dirs", OPTIMISATION_DIRS },
	{ "plus", OPTIMISATION_PLUS },
	{ "negative", OPTIMISATION_NEGATIVE },
	{ "links", OPTIMISATION_LINKS },
	{ "parallel", OPTIMISATION_PARALLEL },
	{ "readahead", OPTIMISATION_READAHEAD },
	{ "writers", OPTIMISATION_WRITERS },
	{ "xattrs", OPTIMISATION_XATTRS },
	{ "reader", OPTIMISATION_READER },
	{ "splice", OPTIMISATION_SPLICE },
	{ "awake", OPTIMISATION_AWAKE },
};
#define N_OPTIMISATIONS (sizeof(optimisations) / sizeof(*optimisations))

int optimisations_parse(const char *text, struct shale_error *err)
{
	int all = 0;

	for (const char *end; *text; text = *end ? end + 1 : end) {
		size_t i = 0, n = strcspn(text, "+");
		end = text + n;
		while (i < N_OPTIMISATIONS && (strlen(optimisations[i].name) != n ||
						      strncmp(optimisations[i].name, text, n)))
			i++;
		if (i == N_OPTIMISATIONS)
			return error_fail_plain(err, -EINVAL,
				"option 'without' knows no '%.*s': open, dirs, plus, negative, "
				"links, parallel, readahead, writers, xattrs, reader, splice, "
				"awake, joined by '+'",
				(int)n, text);
		all |= (int)optimisations[i].optimisation;
	}
	return all;
}
