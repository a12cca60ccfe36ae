/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/lookup/lookup.h"
#include "fuse/merge/descriptors/locate.h"
#include "fuse/merge/lookup/enter.h"
#include "fuse/merge/lookup/find.h"
#include "fuse/merge/lookup/listing.h"
#include "fuse/merge/lookup/namecache.h"
#include "fuse/merge/lookup/upper_marks.h"

#include <errno.h>

/* Chooses the real directories of PARENT to look into: that of the upper layer, and those from
 * LAYER down. */
static size_t choose_reals(
	struct fs *fs, uint32_t parent, uint16_t layer, uint32_t ret[MOST_LAYERS], bool *ret_all)
{
	size_t n = locate_reals(fs, parent, ret), kept = 0;

	/* This needs no lock, because a real directory never changes its layer. */
	for (size_t i = 0; i < n; i++)
		if (locate_real_is_upper(fs, ret[i]) || real_at(&fs->table, ret[i])->layer >= layer)
			ret[kept++] = ret[i];
	*ret_all = kept == n;
	return kept;
}

/* Looks NAME up in the upper layer, and in LAYER and those below it: no other layer has NAME. But
 * if a redirect leads to another name, other layers may have that one: then looks into all
 * layers. */
static int find_and_enter(
	struct fs *fs, uint32_t parent, const char *name, uint16_t layer, struct entry *ret)
{
	uint32_t reals[MOST_LAYERS];
	int r;

	do {
		auto_found struct found found;
		bool all;
		size_t n = choose_reals(fs, parent, layer, reals, &all);
		found_init(&found);
		r = find_in_layers(fs, reals, n, name, &found);
		if (found.redirected && !all) {
			layer = 0;
			r = -EAGAIN;
			continue;
		}
		if (r == 0 && found.upper && found.n_dirs > 1 && !found.origin)
			upper_marks_add_origin(fs, name, &found);
		if (r == 0)
			r = enter_found(fs, parent, name, &found, ret);
	} while (r == -EAGAIN);
	return r;
}

int lookup_listed(struct fs *fs, uint32_t parent, const struct listed *listed, struct entry *ret)
{
	return find_and_enter(fs, parent, listed->name, listed->layer, ret);
}

/* Returns in how many layers the directory exists, but at most MOST. Returns 0 if only the upper
 * layer has it, or if it was removed. */
static uint32_t count_layers(struct fs *fs, uint32_t parent, uint32_t most)
{
	uint32_t n = 0;

	pthread_mutex_lock(&fs->table.lock);
	const struct node *node = node_at(&fs->table, parent);
	bool unlinked = node->flags & NODE_UNLINKED, upper = node->flags & NODE_UPPER;
	for (uint32_t real = node->dirs; real && n < most; n++)
		real = real_at(&fs->table, real)->below;
	pthread_mutex_unlock(&fs->table.lock);
	return unlinked || (n == 1 && upper) ? 0 : n;
}

/* Asks the list of the directory first, if that saves time. If the directory exists in many layers,
 * to read its list once costs less than to ask each layer for each name. In few layers that is so
 * only for absent names, for which all layers must be asked. */
int fs_lookup(struct fs *fs, uint32_t parent, const char *name, struct entry *ret)
{
	enum { MANY_LAYERS = 4 };
	uint16_t layer = 0;

	pthread_rwlock_rdlock(&fs->tree);
	listing_looked_up(fs, parent);
	uint32_t n = count_layers(fs, parent, MANY_LAYERS);
	if (n == MANY_LAYERS)
		layer = listing_layer(fs, parent, name);
	else if (n > 0)
		layer = listing_layer_kept(fs, parent, name);
	int r = find_and_enter(fs, parent, name, layer, ret);
	if (r == -ENOENT && n > 0 && n < MANY_LAYERS && layer == 0)
		listing_absent(fs, parent);
	pthread_rwlock_unlock(&fs->tree);
	return r;
}

int fs_lookup_node(struct fs *fs, uint32_t parent, const char *name, uint32_t *ret)
{
	struct entry entry;

	*ret = namecache_take(fs, parent, name);
	if (*ret)
		return 0;
	int r = fs_lookup(fs, parent, name, &entry);
	if (r == 0)
		*ret = entry.node;
	return r;
}

int lookup_lower_has(struct fs *fs, uint32_t parent, const char *name)
{
	auto_found struct found found;
	int r = listing_in_lower(fs, parent, name);

	found_init(&found);
	if (r >= 0)
		return r;
	r = find_in_lower_layers(fs, parent, name, &found);
	if (r == -ENOENT)
		return 0;
	/* -EPERM means that the name is there, even if the mount would not show it. */
	return r < 0 && r != -EPERM ? r : 1;
}
