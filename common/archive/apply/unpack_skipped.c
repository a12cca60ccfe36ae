/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/unpack_skipped.h"

#include "common/base/scope.h"

#include <string.h>

enum { MOST = 4096 };

static char *path_of(const struct entry_name *name)
{
	char *path;

	return asprintf(&path, "%s/%s", name->parent, name->base) < 0 ? NULL : path;
}

int unpack_skip_device(struct unpack_skipped *skipped, const struct entry_name *name)
{
	skipped->devices++;
	if (skipped->n >= MOST)
		return 0;
	char **paths = realloc(skipped->paths, (skipped->n + 1) * sizeof(*paths));
	if (!paths)
		return -ENOMEM;
	skipped->paths = paths;
	paths[skipped->n] = path_of(name);
	return paths[skipped->n++] ? 0 : -ENOMEM;
}

bool unpack_is_skipped(const struct unpack_skipped *skipped, const struct entry_name *name)
{
	auto_free char *path = skipped->n ? path_of(name) : NULL;

	for (size_t i = 0; path && i < skipped->n; i++)
		if (skipped->paths[i] && !strcmp(skipped->paths[i], path))
			return true;
	return false;
}

void unpack_skipped_free(struct unpack_skipped *skipped)
{
	for (size_t i = 0; i < skipped->n; i++)
		free(skipped->paths[i]);
	free(skipped->paths);
	*skipped = (struct unpack_skipped){ 0 };
}
