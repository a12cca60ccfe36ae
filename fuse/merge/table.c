/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/table.h"

#include "common/cleanup.h"

#include <string.h>
#include <xxhash.h>

#define FIRST_BUCKETS 4096
#define MOST_NODES    (1u << 27)

int shale_table_open(struct shale_table *table)
{
	int r;

	pthread_mutex_init(&table->lock, NULL);
	if ((r = shale_region_open(
		     &table->nodes, "shale-nodes", sizeof(struct shale_node), MOST_NODES)) < 0 ||
		(r = shale_region_open(&table->reals, "shale-reals", sizeof(struct shale_real),
			 MOST_NODES)) < 0 ||
		(r = shale_names_open(&table->names)) < 0)
		return r;
	table->buckets = calloc(FIRST_BUCKETS, sizeof(*table->buckets));
	table->n_buckets = FIRST_BUCKETS;
	return table->buckets ? 0 : -ENOMEM;
}

void shale_table_close(struct shale_table *table)
{
	shale_region_close(&table->nodes);
	shale_region_close(&table->reals);
	shale_names_close(&table->names);
	free(table->buckets);
	table->buckets = NULL;
	pthread_mutex_destroy(&table->lock);
}

static uint64_t number_of(const struct shale_key *key)
{
	return key->by_name ? XXH3_64bits_withSeed(key->name, strlen(key->name), key->parent)
			    : key->number;
}

static uint32_t bucket_of(const struct shale_table *table, uint64_t number, uint16_t fs)
{
	uint64_t mixed = (number ^ (uint64_t)fs << 56) * 0x9e3779b97f4a7c15u;

	return (uint32_t)(mixed >> 32) & (table->n_buckets - 1);
}

static bool matches(struct shale_table *table, const struct shale_node *node,
	const struct shale_key *key, uint64_t number)
{
	if (node->key != number || !(node->flags & SHALE_NODE_BY_NAME) == key->by_name)
		return false;
	if (!key->by_name)
		return node->fs == key->fs;
	return node->parent == key->parent &&
	       !strcmp(shale_names_get(&table->names, node->name), key->name);
}

uint32_t shale_node_handed_out(const struct shale_table *table, uint64_t id)
{
	if (id == 0 || id >= table->nodes.used)
		return 0;
	const struct shale_node *node = shale_node_at(table, (uint32_t)id);
	return node->lookups || id == SHALE_ROOT_NODE ? node->type : 0;
}

uint32_t shale_node_find(struct shale_table *table, const struct shale_key *key)
{
	uint64_t number = number_of(key);
	uint32_t id = table->buckets[bucket_of(table, number, key->by_name ? 0 : key->fs)];

	while (id && !matches(table, shale_node_at(table, id), key, number))
		id = shale_node_at(table, id)->next;
	return id;
}

static uint32_t *chain_of(struct shale_table *table, const struct shale_node *node)
{
	uint16_t fs = node->flags & SHALE_NODE_BY_NAME ? 0 : node->fs;

	return &table->buckets[bucket_of(table, node->key, fs)];
}

/* Twice the buckets when there are as many nodes; without memory the chains just grow longer. */
static void grow_buckets(struct shale_table *table)
{
	uint32_t *old = table->buckets, n_old = table->n_buckets;
	uint32_t *buckets = calloc((size_t)n_old * 2, sizeof(*buckets));

	if (!buckets)
		return;
	table->buckets = buckets;
	table->n_buckets = n_old * 2;
	for (uint32_t i = 0; i < n_old; i++)
		for (uint32_t id = old[i], next; id; id = next) {
			struct shale_node *node = shale_node_at(table, id);
			uint32_t *chain = chain_of(table, node);
			next = node->next;
			node->next = *chain;
			*chain = id;
		}
	free(old);
}

void shale_node_hash(struct shale_table *table, uint32_t id, const struct shale_key *key)
{
	struct shale_node *node = shale_node_at(table, id);

	shale_node_unhash(table, id);
	if (table->n_hashed >= table->n_buckets)
		grow_buckets(table);
	node->key = number_of(key);
	node->fs = key->fs;
	node->flags &= (uint16_t)~SHALE_NODE_BY_NAME;
	node->flags |= SHALE_NODE_HASHED | (key->by_name ? SHALE_NODE_BY_NAME : 0);
	uint32_t *chain = chain_of(table, node);
	node->next = *chain;
	*chain = id;
	table->n_hashed++;
}

void shale_node_unhash(struct shale_table *table, uint32_t id)
{
	struct shale_node *node = shale_node_at(table, id);

	if (!(node->flags & SHALE_NODE_HASHED))
		return;
	uint32_t *at = chain_of(table, node);
	while (*at != id)
		at = &shale_node_at(table, *at)->next;
	*at = node->next;
	node->flags &= (uint16_t)~SHALE_NODE_HASHED;
	table->n_hashed--;
}

/* A slot that is used again must not look like the node it was: the generation goes on from there.
 */
uint32_t shale_node_add(struct shale_table *table, uint32_t parent)
{
	uint32_t id = shale_region_take(&table->nodes);

	if (!id)
		return 0;
	struct shale_node *node = shale_node_at(table, id);
	node->generation = ++table->generation;
	node->parent = parent;
	if (parent)
		shale_node_at(table, parent)->children++;
	return id;
}

static void free_node(struct shale_table *table, uint32_t id)
{
	struct shale_node *node = shale_node_at(table, id);

	shale_node_unhash(table, id);
	shale_names_drop(&table->names, node->name);
	shale_real_unref(table, node->dirs);
	shale_real_unref(table, node->data);
	shale_real_unref(table, node->where);
	node->type = 0;
	shale_region_give(&table->nodes, id);
}

static void free_unused(struct shale_table *table, uint32_t id, shale_freed_fn *freed, void *arg)
{
	while (id > SHALE_ROOT_NODE) {
		struct shale_node *node = shale_node_at(table, id);
		uint32_t parent = node->parent;
		if (node->lookups || node->children)
			return;
		freed(arg, id);
		free_node(table, id);
		if (parent)
			shale_node_at(table, parent)->children--;
		id = parent;
	}
}

void shale_node_forget(
	struct shale_table *table, uint32_t id, uint64_t count, shale_freed_fn *freed, void *arg)
{
	struct shale_node *node = shale_node_at(table, id);

	node->lookups -= count < node->lookups ? count : node->lookups;
	free_unused(table, id, freed, arg);
}

int shale_node_place(
	struct shale_table *table, uint32_t id, uint32_t parent, uint32_t where, const char *name)
{
	struct shale_node *node = shale_node_at(table, id);
	uint32_t handle = shale_names_add(&table->names, name);

	if (!handle)
		return -ENOMEM;
	shale_names_drop(&table->names, node->name);
	node->name = handle;
	if (where)
		shale_real_ref(table, where);
	shale_real_unref(table, node->where);
	node->where = where;
	if (parent != node->parent) {
		/* The kernel holds the old parent during the request, so that it is never the last.
		 */
		shale_node_at(table, parent)->children++;
		shale_node_at(table, node->parent)->children--;
		node->parent = parent;
	}
	return 0;
}

uint32_t shale_real_add(struct shale_table *table, uint16_t layer, uint32_t parent,
	const char *name, uint32_t below)
{
	uint32_t handle = shale_names_add(&table->names, name);
	uint32_t id = handle ? shale_region_take(&table->reals) : 0;

	if (!id) {
		shale_names_drop(&table->names, handle);
		return 0;
	}
	*shale_real_at(table, id) = (struct shale_real){
		.refs = 1, .parent = parent, .name = handle, .below = below, .layer = layer
	};
	if (parent)
		shale_real_ref(table, parent);
	if (below)
		shale_real_ref(table, below);
	return id;
}

void shale_real_ref(struct shale_table *table, uint32_t real)
{
	shale_real_at(table, real)->refs++;
}

static void free_real(struct shale_table *table, uint32_t id)
{
	if (table->real_freed)
		table->real_freed(table->arg, id);
	shale_names_drop(&table->names, shale_real_at(table, id)->name);
	shale_region_give(&table->reals, id);
}

/* Parents are let go in a loop, for a tree may be deep; lists of layers are short. */
void shale_real_unref(struct shale_table *table, uint32_t id)
{
	while (id) {
		struct shale_real *real = shale_real_at(table, id);
		uint32_t parent = real->parent, below = real->below;
		if (--real->refs)
			return;
		free_real(table, id);
		shale_real_unref(table, below);
		id = parent;
	}
}

int shale_real_move(struct shale_table *table, uint32_t id, uint32_t parent, const char *name)
{
	struct shale_real *real = shale_real_at(table, id);
	uint32_t handle = shale_names_add(&table->names, name), old = real->parent;

	if (!handle)
		return -ENOMEM;
	shale_names_drop(&table->names, real->name);
	real->name = handle;
	if (parent)
		shale_real_ref(table, parent);
	real->parent = parent;
	shale_real_unref(table, old);
	return 0;
}
