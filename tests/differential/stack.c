/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/stack.h"

#include "tests/differential/xattrs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_50    "fifty-characters-of-a-name-that-is-long-and-longer"
#define DEPTH_MAX  4
#define FIRST_TIME 1000000000 /* 2001: long before any run */

static const char *const short_names[] = { "a", "b", "c", "d", "e", "f", "dir", "file" };
/* The last name has 255 bytes, the most that a name can have. */
static const char *const odd_names[] = { ".wh.a", ".wh..wh..opq", ".hidden", "#1", "a%b", "x=y",
	LONG_50 LONG_50 LONG_50 LONG_50 LONG_50 "12345" };
static const char *const targets[] = { "a", "b", "a/b", "dir/file", ".", "c", "nowhere",
	"/nowhere/at/all", "./d/e" };
static const mode_t modes[] = { 0644, 0755, 0600, 0700, 0444, 0000, 0777, 04755, 02755, 01777,
	06711, 02070, 0664, 0640 };
static const uid_t ids[] = { 0, 0, 0, 1000, 1001, 2000 };

void stack_random_name(struct rng *rng, char name[256])
{
	snprintf(name, 256, "%s",
		rng_chance(rng, 4) ? rng_pick(rng, odd_names) : rng_pick(rng, short_names));
}

const char *stack_random_target(struct rng *rng)
{
	return rng_pick(rng, targets);
}

mode_t stack_random_mode(struct rng *rng)
{
	return rng_pick(rng, modes);
}

uid_t stack_random_id(struct rng *rng)
{
	return rng_pick(rng, ids);
}

void content_fill(uint64_t seed, int64_t offset, void *buffer, size_t size)
{
	unsigned char *bytes = buffer;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)('0' + (seed * 7 + (uint64_t)offset + i) % 75);
}

static bool taken(const struct stack *stack, int layer, const char *path)
{
	for (size_t i = 0; i < stack->n_entries; i++)
		if (stack->entries[i].layer == layer && !strcmp(stack->entries[i].path, path))
			return true;
	return false;
}

/* Returns a random entry of LAYER of KIND, or NULL. */
static const struct stack_entry *pick(
	struct rng *rng, const struct stack *stack, int layer, enum entry_kind kind)
{
	const struct stack_entry *found = NULL;
	uint64_t n = 0;

	for (size_t i = 0; i < stack->n_entries; i++) {
		const struct stack_entry *entry = &stack->entries[i];

		if (entry->layer == layer && entry->kind == kind && rng_below(rng, ++n) == 0)
			found = entry;
	}
	return found;
}

static int depth_of(const char *path)
{
	int depth = 1;

	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

/* Chooses a path. Often it is one that another layer has, too: merging is the subject of the
 * test. */
static bool random_path(struct rng *rng, const struct stack *stack, int layer, char path[1100])
{
	const struct stack_entry *parent = pick(rng, stack, layer, ENTRY_DIR);
	char name[256];

	stack_random_name(rng, name);
	if (parent && rng_chance(rng, 75) && depth_of(parent->path) < DEPTH_MAX)
		snprintf(path, 1100, "%.800s/%s", parent->path, name);
	else
		snprintf(path, 1100, "%s", name);
	return !taken(stack, layer, path);
}

static enum entry_kind random_kind(struct rng *rng, const struct stack_options *options, bool below)
{
	uint64_t dice = rng_below(rng, 100);

	if (dice < 38)
		return ENTRY_DIR;
	if (dice < 66)
		return ENTRY_FILE;
	if (dice < 74)
		return ENTRY_SYMLINK;
	if (dice < 78)
		return ENTRY_FIFO;
	if (dice < 80)
		return ENTRY_SOCKET;
	if (dice < 83)
		return options->userns ? ENTRY_FILE : ENTRY_DEVICE;
	if (dice < 92)
		return ENTRY_LINK;
	return below ? ENTRY_WHITEOUT : ENTRY_FILE;
}

static void fill_xattrs(struct rng *rng, const struct stack_options *options, struct stack_entry *e)
{
	bool directory = e->kind == ENTRY_DIR;

	if ((e->kind != ENTRY_DIR && e->kind != ENTRY_FILE) || rng_chance(rng, 60))
		return;
	e->n_xattrs = 1 + rng_below(rng, STACK_XATTRS_MAX);
	for (size_t i = 0; i < e->n_xattrs; i++) {
		xattr_random(rng, !options->userns, directory, e->xattrs[i].name, e->xattrs[i].hex);
		/* In a layer such xattrs would be marks of overlayfs. Runs set them only through
		 * the mount. */
		if (strstr(e->xattrs[i].name, "overlay."))
			snprintf(e->xattrs[i].name, sizeof(e->xattrs[i].name), "user.four");
	}
}

static void fill_entry(struct rng *rng, const struct stack_options *options, struct stack_entry *e)
{
	static const int64_t sizes[] = { 0, 1, 100, 4095, 4096, 5000, 70000, 200000 };

	e->mode = stack_random_mode(rng);
	if (e->kind == ENTRY_DIR && rng_chance(rng, 60))
		e->mode = 0755;
	e->uid = stack_random_id(rng);
	e->gid = stack_random_id(rng);
	e->mtime = FIRST_TIME + (int64_t)rng_below(rng, 100000000);
	e->seed = rng_below(rng, 1000);
	e->size = rng_pick(rng, sizes);
	e->hole = rng_chance(rng, 20) ? 4096 * (int64_t)(1 + rng_below(rng, 30)) : 0;
	e->major = rng_chance(rng, 50) ? 1 : 200;
	e->minor = 3 + (unsigned)rng_below(rng, 3);
	snprintf(e->target, sizeof(e->target), "%s", stack_random_target(rng));
	fill_xattrs(rng, options, e);
}

static void add_entry(
	struct rng *rng, const struct stack_options *options, int layer, struct stack *stack)
{
	struct stack_entry e = { .layer = layer };
	bool bottom = layer == stack->n_lowers - 1;
	const struct stack_entry *target = pick(rng, stack, layer, ENTRY_FILE);

	if (!random_path(rng, stack, layer, e.path))
		return;
	e.kind = random_kind(rng, options, !bottom);
	fill_entry(rng, options, &e);
	if (e.kind == ENTRY_DIR)
		e.opaque = !bottom && rng_chance(rng, 12);
	if (e.kind == ENTRY_LINK && !target)
		e.kind = ENTRY_FILE;
	if (e.kind == ENTRY_LINK)
		snprintf(e.target, sizeof(e.target), "%.299s", target->path);
	stack->entries[stack->n_entries++] = e;
}

const struct stack_entry *stack_entry_at(
	const struct stack *stack, int layer, const char *path, size_t length)
{
	for (size_t i = 0; i < stack->n_entries; i++) {
		const struct stack_entry *e = &stack->entries[i];

		if (e->layer == layer && strlen(e->path) == length &&
			!strncmp(e->path, path, length))
			return e;
	}
	return NULL;
}

/* Whether the directory with the first LENGTH bytes of PATH in LAYER is merged with one below it.
 * Looks at layers down to *BOTTOM. Moves *BOTTOM up to the last layer that is merged. */
static bool merges(
	const struct stack *stack, int layer, const char *path, size_t length, int *bottom)
{
	int first = layer == STACK_UPPER ? 0 : layer + 1;
	const struct stack_entry *own = stack_entry_at(stack, layer, path, length);
	bool merged = false;

	if (!own || own->kind != ENTRY_DIR || own->opaque)
		return false;
	for (int below = first; below <= *bottom; below++) {
		const struct stack_entry *e = stack_entry_at(stack, below, path, length);

		if (e && e->kind != ENTRY_DIR)
			*bottom = below - 1;
		else if (e)
			merged = true;
		if (e && e->opaque)
			*bottom = below;
	}
	return merged;
}

/* Whether every directory above PATH is merged. */
static bool parents_merge(const struct stack *stack, int layer, const char *path)
{
	int bottom = stack->n_lowers - 1;

	if (layer == bottom)
		return false;
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
		if (!merges(stack, layer, path, (size_t)(slash - path), &bottom))
			return false;
	return true;
}

void stack_prune(struct stack *stack)
{
	size_t n = 0;

	for (size_t i = 0; i < stack->n_entries; i++)
		if (stack->entries[i].kind != ENTRY_WHITEOUT ||
			parents_merge(stack, stack->entries[i].layer, stack->entries[i].path))
			stack->entries[n++] = stack->entries[i];
	stack->n_entries = n;
}

void stack_generate(struct rng *rng, const struct stack_options *options, struct stack *ret)
{
	struct stack stack = { .n_lowers = 1 + (int)rng_below(rng, STACK_LOWERS_MAX) };

	stack.entries = calloc(STACK_LOWERS_MAX * 20 + 20, sizeof(*stack.entries));
	if (!stack.entries)
		abort();
	for (int layer = stack.n_lowers - 1; layer >= 0; layer--)
		for (uint64_t n = 4 + rng_below(rng, 16); n; n--)
			add_entry(rng, options, layer, &stack);
	if (rng_chance(rng, 40))
		for (uint64_t n = 1 + rng_below(rng, 12); n; n--)
			add_entry(rng, options, STACK_UPPER, &stack);
	stack_prune(&stack);
	*ret = stack;
}

void stack_free(struct stack *stack)
{
	free(stack->entries);
	stack->entries = NULL;
	stack->n_entries = 0;
}
