/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/lookup/namecache.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define SLOTS 16384u

/* The cache only guesses: an entry is right if its node has this parent and this name. */
struct namecache {
	uint32_t nodes[SLOTS];
};

struct namecache *namecache_open(void)
{
	return calloc(1, sizeof(struct namecache));
}

void namecache_close(struct namecache *cache)
{
	free(cache);
}

static uint32_t *slot_of(struct namecache *cache, uint32_t parent, const char *name)
{
	return &cache->nodes[XXH3_64bits_withSeed(name, strlen(name), parent) % SLOTS];
}

void namecache_note(struct fs *fs, uint32_t parent, const char *name, uint32_t node)
{
	*slot_of(fs->namecache, parent, name) = node;
}

/* Whether the node ID is at NAME in PARENT. A node with several names is at one of them only, so
 * the cache does not find it by the others. */
static bool lies_there(struct fs *fs, uint32_t id, uint32_t parent, const char *name)
{
	const struct node *node = node_at(&fs->table, id);

	return id && node_handed_out(&fs->table, id) && id != ROOT_NODE && node->parent == parent &&
	       !(node->flags & NODE_UNLINKED) &&
	       !strcmp(names_get(&fs->table.names, node->name), name);
}

uint32_t namecache_take(struct fs *fs, uint32_t parent, const char *name)
{
	/* With an index, or if inode numbers change, only the disk tells which node a name has. The
	 * same holds if an earlier worker has begun this request: it may have changed the name. */
	if (fs->index || fs->lacks & LACKS_STABLE_INO || kept_change_again())
		return 0;
	pthread_mutex_lock(&fs->table.lock);
	uint32_t id = *slot_of(fs->namecache, parent, name);
	if (lies_there(fs, id, parent, name))
		node_at(&fs->table, id)->lookups++;
	else
		id = 0;
	pthread_mutex_unlock(&fs->table.lock);
	return id;
}
