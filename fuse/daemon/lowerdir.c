/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/daemon/lowerdir.h"

#include "common/base/error.h"
#include "common/base/scope.h"

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
	struct daemon_options *options, const char *path, size_t length, struct shale_error *err)
{
	char *copy = malloc(length + 1);
	void *grown = copy ? realloc(options->lowers, (options->n_lowers + 1) * sizeof(char *))
			   : NULL;

	if (!grown) {
		free(copy);
		return error_fail(err, -ENOMEM, "read options");
	}
	options->lowers = grown;
	lowerdir_unescape(copy, path, length);
	options->lowers[options->n_lowers++] = copy;
	return 0;
}

int lowerdir_add(struct daemon_options *options, const char *value, struct shale_error *err)
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
		int r = at > start ? add_lower(options, start, (size_t)(at - start), err) : 0;
		if (at == start && at > value && *at)
			data = true;
		else if (at > start && data)
			options->n_data++;
		if (r < 0 || !*at)
			return r;
		start = at + 1;
	}
}
