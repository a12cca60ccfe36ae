/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/diff/mounted_layers.h"

#include "common/base/scope.h"

#include <stdio.h>
#include <string.h>

static int add(struct stack *stack, const char *layer, size_t length)
{
	char **layers = reallocarray(stack->layers, stack->n + 1, sizeof(*layers));

	if (!layers)
		return -ENOMEM;
	stack->layers = layers;
	layers[stack->n] = strndup(layer, length);
	return layers[stack->n] ? (stack->n++, 0) : -ENOMEM;
}

/* Adds the layer of a path "ID/diff". */
static int add_layer(struct stack *stack, const char *path, size_t length)
{
	const char *slash = memchr(path, '/', length);
	size_t id = slash ? (size_t)(slash - path) : 0;

	if (!id || length - id != strlen("/diff") || strncmp(slash, "/diff", strlen("/diff")) != 0)
		return -EOPNOTSUPP;
	return add(stack, path, id);
}

/* Adds the layer of a path "l/SHORT", which is a link to "../ID/diff". */
static int add_link(struct stack *stack, const char *home, const char *path, size_t length)
{
	auto_free char *link = NULL;
	char target[256];

	if (asprintf(&link, "%s/%.*s", home, (int)length, path) < 0)
		return link = NULL, -ENOMEM;
	ssize_t n = readlink(link, target, sizeof(target));
	if (n <= 3 || n == sizeof(target) || strncmp(target, "../", 3) != 0)
		return -EOPNOTSUPP;
	return add_layer(stack, target + 3, (size_t)n - 3);
}

static int add_path(struct stack *stack, const char *home, const char *path, size_t length)
{
	size_t n = strlen(home);

	if (length <= n + 1 || strncmp(path, home, n) != 0 || path[n] != '/')
		return -EOPNOTSUPP;
	path += n + 1;
	length -= n + 1;
	return strncmp(path, "l/", 2) ? add_layer(stack, path, length)
				      : add_link(stack, home, path, length);
}

/* Adds the layers of a mount's option lowerdir. Paths are separated by colons; no path of a layer
 * has a colon. */
static int add_lowers(struct stack *stack, const char *home, const char *lowers)
{
	int r = 0;

	while (r == 0) {
		size_t length = strcspn(lowers, ":");

		r = add_path(stack, home, lowers, length);
		if (!lowers[length])
			break;
		lowers += length + 1;
	}
	return r;
}

struct lowers {
	struct stack *stack;
	const char *home;
};

static int take_lowers(const char *key, const char *value, void *arg)
{
	const struct lowers *lowers = arg;

	return strcmp(key, "LowerDir") ? 0 : add_lowers(lowers->stack, lowers->home, value);
}

/* The path HOME/ID/merged is a mount that the store has made: adds ID and all layers below. A view
 * that the store mounts has an empty layer of its own as ID. */
static int add_merged(
	struct stack *stack, const struct catalog *catalog, const char *id, size_t length)
{
	struct lowers lowers = { stack, catalog->home };
	auto_free char *name = strndup(id, length);
	int r = name ? 0 : -ENOMEM;

	if (r == 0 && stack->writable)
		r = add(stack, id, length);
	if (r == 0)
		r = shale_layer_metadata(catalog->store, name, take_lowers, &lowers, NULL);
	return r == -ENOENT ? -EOPNOTSUPP : r;
}

static int add_bind(struct stack *stack, const struct catalog *catalog, const char *path)
{
	static const char merged[] = "/merged";
	size_t length = strlen(path), home = strlen(catalog->home) + 1;

	if (length > home + strlen(merged) && !strncmp(path, catalog->home, home - 1) &&
		!strcmp(path + length - strlen(merged), merged))
		return add_merged(stack, catalog, path + home, length - home - strlen(merged));
	return add_path(stack, catalog->home, path, length);
}

static const char *option(const Pb__Mount *mount, const char *name)
{
	for (size_t i = 0; i < mount->n_options; i++)
		if (!strncmp(mount->options[i], name, strlen(name)))
			return mount->options[i] + strlen(name);
	return NULL;
}

static bool has_word(const Pb__Mount *mount, const char *word)
{
	for (size_t i = 0; i < mount->n_options; i++)
		if (!strcmp(mount->options[i], word))
			return true;
	return false;
}

static int read_mount(const struct catalog *catalog, const Pb__Mount *mount, struct stack *ret)
{
	const char *upper = option(mount, "upperdir="), *lowers = option(mount, "lowerdir=");
	int r = 0;

	if (!strcmp(mount->type, "bind")) {
		ret->writable = has_word(mount, "rw");
		return add_bind(ret, catalog, mount->source);
	}
	if (strcmp(mount->type, "overlay") != 0 && strcmp(mount->type, "fuse3.shale-fuse") != 0)
		return -EOPNOTSUPP;
	ret->writable = upper;
	if (upper)
		r = add_path(ret, catalog->home, upper, strlen(upper));
	if (r == 0)
		r = lowers ? add_lowers(ret, catalog->home, lowers) : -EOPNOTSUPP;
	return r;
}

int stack_of(const struct catalog *catalog, Pb__Mount *const *mounts, size_t n, struct stack *ret)
{
	auto_stack struct stack stack = { 0 };
	int r = n == 1 ? read_mount(catalog, mounts[0], &stack) : n ? -EOPNOTSUPP : 0;

	if (r < 0)
		return r;
	*ret = stack;
	stack = (struct stack){ 0 };
	return 0;
}

void stack_free(struct stack *stack)
{
	for (size_t i = 0; i < stack->n; i++)
		free(stack->layers[i]);
	free(stack->layers);
	*stack = (struct stack){ 0 };
}
