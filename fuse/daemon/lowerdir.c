/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/lowerdir.h"

#include "common/base/error.h"
#include "common/base/scope.h"

#include <stdbool.h>
#include <stdlib.h>

void lowerdir_unescape(char *ret, const char *path, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (path[i] == '\\' && i + 1 < length)
			i++;
		*ret++ = path[i];
	}
	*ret = 0;
}

static int add_lower(
	struct lowerdir *lowers, const char *path, size_t length, struct shale_error *err)
{
	char *copy = malloc(length + 1);
	void *grown = copy ? realloc(lowers->paths, (lowers->n + 1) * sizeof(char *)) : NULL;

	if (!grown) {
		free(copy);
		return error_fail(err, -ENOMEM, "read options");
	}
	lowers->paths = grown;
	lowerdir_unescape(copy, path, length);
	lowers->paths[lowers->n++] = copy;
	return 0;
}

int lowerdir_add(struct lowerdir *lowers, const char *value, struct shale_error *err)
{
	const char *start = value;
	bool data = false;

	for (const char *at = value;; at++) {
		if (*at == '\\' && at[1]) {
			at++;
			continue;
		}
		if (*at && *at != ':')
			continue;
		int r = at > start ? add_lower(lowers, start, (size_t)(at - start), err) : 0;
		if (at == start && at > value && *at)
			data = true;
		else if (at > start && data)
			lowers->n_data++;
		if (r < 0 || !*at)
			return r;
		start = at + 1;
	}
}
