/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/entry_name.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/starts_with.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

static int check_component(const char *name, size_t length, struct shale_error *err)
{
	const bool whiteout = starts_with(name, WHITEOUT_PREFIX);
	const size_t most = NAME_MAX + (whiteout ? strlen(WHITEOUT_PREFIX) : 0);

	/* The prefix .wh. does not count: on the disk only the hidden name exists. */
	if (length > most)
		return error_fail_plain(err, -ENAMETOOLONG, "a name of more than 255 bytes");
	return 0;
}

/* Removes the last component of the path that ends at *AT. */
static int go_up(const char *path, char **at, struct shale_error *err)
{
	if (*at == path)
		return error_fail_plain(err, -EINVAL, "a name with '..' leads out of the layer");
	while (*at > path && (*at)[-1] != '/')
		--*at;
	if (*at > path)
		--*at;
	return 0;
}

static bool is_component(const char *name, size_t length, const char *component)
{
	return strlen(component) == length && !memcmp(name, component, length);
}

/* Copies NAME without empty, "." and ".." components. Engines read "a/../b" as "b", even if "a"
 * is a link. */
static int tidy(const char *name, char *to, struct shale_error *err)
{
	char *at = to;

	while (*(name += strspn(name, "/"))) {
		size_t length = strcspn(name, "/");
		int r = check_component(name, length, err);
		if (r < 0)
			return r;
		if (is_component(name, length, "..")) {
			r = go_up(to, &at, err);
			if (r < 0)
				return r;
		} else if (!is_component(name, length, ".")) {
			if (at != to)
				*at++ = '/';
			memcpy(at, name, length);
			at += length;
		}
		name += length;
	}
	*at = 0;
	return 0;
}

/* Tells from the parents whether an entry must be skipped: it lies in AUFS's own directories
 * (.wh..wh.orph/), or below a whiteout, which hides the name even if the archive puts files below
 * it. */
static void look_at_parents(const char *parent, enum entry_kind *kind)
{
	if (!strcmp(parent, AUFS_LINKS)) {
		*kind = ENTRY_AUFS_LINK;
		return;
	}
	for (const char *name = parent; *name; name += strspn(name, "/")) {
		if (starts_with(name, WHITEOUT_PREFIX)) {
			*kind = ENTRY_SKIP;
			return;
		}
		name += strcspn(name, "/");
	}
}

static int look_at_base(struct entry_name *name, struct shale_error *err)
{
	char *hidden = name->base + strlen(WHITEOUT_PREFIX);

	if (!starts_with(name->base, WHITEOUT_PREFIX))
		return 0;
	if (!strcmp(name->base, OPAQUE_NAME)) {
		name->kind = ENTRY_OPAQUE;
		return 0;
	}
	if (starts_with(hidden, ".wh.")) {
		name->kind = ENTRY_SKIP;
		return 0;
	}
	if (!*hidden || !strcmp(hidden, ".") || !strcmp(hidden, ".."))
		return error_fail_plain(err, -EINVAL, "a whiteout of no name within its directory");
	name->kind = ENTRY_WHITEOUT;
	name->base = hidden;
	return 0;
}

static int split(struct entry_name *name, char *path, struct shale_error *err)
{
	char *slash = strrchr(path, '/');

	if (!*path) {
		name->kind = ENTRY_ROOT;
		name->parent = name->base = path;
		return 0;
	}
	name->parent = slash ? path : path + strlen(path);
	name->base = slash ? slash + 1 : path;
	if (slash)
		*slash = 0;
	look_at_parents(name->parent, &name->kind);
	return name->kind == ENTRY_PLAIN ? look_at_base(name, err) : 0;
}

int entry_name_parse(const char *name, size_t max, struct entry_name *ret, struct shale_error *err)
{
	struct entry_name parsed = { .kind = ENTRY_PLAIN };

	if (strlen(name) > max)
		return error_fail_plain(err, -ENAMETOOLONG, "a name of more than %zu bytes", max);
	auto_free char *path = malloc(strlen(name) + 1);
	if (!path)
		return error_fail(err, -ENOMEM, "read a name");
	int r = tidy(name, path, err);
	if (r >= 0)
		r = split(&parsed, path, err);
	if (r < 0)
		return r;
	parsed.memory = steal_ptr(&path);
	*ret = parsed;
	return 0;
}

void entry_name_free(struct entry_name *name)
{
	free(name->memory);
	*name = (struct entry_name){ 0 };
}
