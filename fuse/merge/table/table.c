/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/table/table.h"

#include "common/base/scope.h"

#include <assert.h>
#include <string.h>
#include <xxhash.h>

#define FIRST_BUCKETS 4096

static_assert(sizeof(struct node) == KEPT_NODE && KEPT_NODE <= KEPT_SLOT, "layout of a node");
static_assert(sizeof(struct real) == KEPT_REAL && KEPT_REAL <= KEPT_SLOT, "layout of a real");

int table_open(struct table *table, struct kept_state *kept)
{
	int r;

	table->kept = kept;

	pthread_mutex_init(&table->lock, NULL);
	if ((r = region_open(&table->nodes, "shale-nodes", &NODES_KIND)) < 0 ||
		(r = region_open(&table->reals, "shale-reals", &REALS_KIND)) < 0 ||
		(r = names_open(&table->names)) < 0)
		return r;
	kept->regions[0] = table->nodes.memfd;
	kept->regions[1] = table->reals.memfd;
	for (int kind = 0; kind < NAME_KINDS; kind++)
		kept->regions[2 + kind] = table->names.kinds[kind].memfd;
	table->buckets = calloc(FIRST_BUCKETS, sizeof(*table->buckets));
	table->n_buckets = FIRST_BUCKETS;
	return table->buckets ? 0 : -ENOMEM;
}

static void each_region(struct table *table, void (*fn)(struct region *region))
{
	fn(&table->nodes);
	fn(&table->reals);
	for (int kind = 0; kind < NAME_KINDS; kind++)
		fn(&table->names.kinds[kind]);
}

void table_begin(struct table *table)
{
	each_region(table, region_hold);
}

static void save(struct table *table, uint32_t which, const struct region *region, uint32_t slot)
{
	struct kept_undo *undo = &table->kept->undo[table->kept->n_undo];

	undo->region = which;
	undo->slot = slot;
	memcpy(undo->bytes, region_at(region, slot), region->slot_size);
	kept_barrier();
	table->kept->n_undo++;
	kept_barrier();
}

void table_save_node(struct table *table, uint32_t node)
{
	save(table, 0, &table->nodes, node);
}

void table_save_real(struct table *table, uint32_t real)
{
	save(table, 1, &table->reals, real);
}

void table_commit(struct table *table)
{
	kept_barrier();
	table->kept->n_undo = 0;
	kept_barrier();
	each_region(table, region_release);
}

void table_close(struct table *table)
{
	region_close(&table->nodes);
	region_close(&table->reals);
	names_close(&table->names);
	free(table->buckets);
	table->buckets = NULL;
	pthread_mutex_destroy(&table->lock);
}

uint16_t table_filesystem(struct table *table, dev_t dev)
{
	struct kept_state *kept = table->kept;
	uint16_t i = 0;

	while (i < kept->n_filesystems && kept->filesystems[i] != dev)
		i++;
	if (i == kept->n_filesystems && i < MOST_FILESYSTEMS - 1) {
		kept->filesystems[i] = dev;
		kept_barrier();
		kept->n_filesystems++;
	}
	return i;
}

static uint64_t number_of(const struct key *key)
{
	return key->by_name ? XXH3_64bits_withSeed(key->name, strlen(key->name), key->parent)
			    : key->number;
}

static uint32_t bucket_of(const struct table *table, uint64_t number, uint16_t fs)
{
	uint64_t mixed = (number ^ (uint64_t)fs << 56) * 0x9e3779b97f4a7c15u;

	return (uint32_t)(mixed >> 32) & (table->n_buckets - 1);
}

static bool matches(
	struct table *table, const struct node *node, const struct key *key, uint64_t number)
{
	if (node->key != number || !(node->flags & NODE_BY_NAME) == key->by_name)
		return false;
	if (!key->by_name)
		return node->fs == key->fs;
	return node->parent == key->parent &&
	       !strcmp(names_get(&table->names, node->name), key->name);
}

uint32_t node_handed_out(const struct table *table, uint64_t id)
{
	if (id == 0 || id >= table->nodes.used)
		return 0;
	const struct node *node = node_at(table, (uint32_t)id);
	return node->lookups || id == ROOT_NODE ? node->type : 0;
}

uint32_t node_find(struct table *table, const struct key *key)
{
	uint64_t number = number_of(key);
	uint32_t id = table->buckets[bucket_of(table, number, key->by_name ? 0 : key->fs)];

	while (id && !matches(table, node_at(table, id), key, number))
		id = node_at(table, id)->next;
	return id;
}

static uint32_t *chain_of(struct table *table, const struct node *node)
{
	uint16_t fs = node->flags & NODE_BY_NAME ? 0 : node->fs;

	return &table->buckets[bucket_of(table, node->key, fs)];
}

/* Doubles the number of buckets when there is a node for each. Without memory the chains only get
 * longer. */
static void grow_buckets(struct table *table)
{
	uint32_t *old = table->buckets, n_old = table->n_buckets;
	uint32_t *buckets = calloc((size_t)n_old * 2, sizeof(*buckets));

	if (!buckets)
		return;
	table->buckets = buckets;
	table->n_buckets = n_old * 2;
	for (uint32_t i = 0; i < n_old; i++)
		for (uint32_t id = old[i], next; id; id = next) {
			struct node *node = node_at(table, id);
			uint32_t *chain = chain_of(table, node);
			next = node->next;
			node->next = *chain;
			*chain = id;
		}
	free(old);
}

void node_hash(struct table *table, uint32_t id, const struct key *key)
{
	struct node *node = node_at(table, id);

	node_unhash(table, id);
	if (table->n_hashed >= table->n_buckets)
		grow_buckets(table);
	node->key = number_of(key);
	node->fs = key->fs;
	node->flags &= (uint16_t)~NODE_BY_NAME;
	node->flags |= NODE_HASHED | (key->by_name ? NODE_BY_NAME : 0);
	uint32_t *chain = chain_of(table, node);
	node->next = *chain;
	*chain = id;
	table->n_hashed++;
}

void node_unhash(struct table *table, uint32_t id)
{
	struct node *node = node_at(table, id);

	if (!(node->flags & NODE_HASHED))
		return;
	uint32_t *at = chain_of(table, node);
	while (*at != id)
		at = &node_at(table, *at)->next;
	*at = node->next;
	node->flags &= (uint16_t)~NODE_HASHED;
	table->n_hashed--;
}

int table_hash_all(struct table *table)
{
	table->n_buckets = FIRST_BUCKETS;
	while (table->n_buckets < table->nodes.in_use)
		table->n_buckets *= 2;
	table->buckets = calloc(table->n_buckets, sizeof(*table->buckets));
	if (!table->buckets)
		return -ENOMEM;
	for (uint32_t id = 1; id < table->nodes.used; id++) {
		struct node *node = node_at(table, id);
		if (!node->type || !(node->flags & NODE_HASHED))
			continue;
		uint32_t *chain = chain_of(table, node);
		node->next = *chain;
		*chain = id;
		table->n_hashed++;
	}
	return 0;
}

/* A slot that is used again gets a new generation, so that the kernel does not take its node for
 * the old one. */
uint32_t node_add(struct table *table, uint32_t parent)
{
	uint32_t id = region_take(&table->nodes);

	if (!id)
		return 0;
	struct node *node = node_at(table, id);
	node->generation = ++table->kept->generation;
	node->parent = parent;
	if (parent)
		node_at(table, parent)->children++;
	return id;
}

static void free_node(struct table *table, uint32_t id)
{
	struct node *node = node_at(table, id);

	node_unhash(table, id);
	names_drop(&table->names, node->name);
	real_unref(table, node->dirs);
	real_unref(table, node->data);
	real_unref(table, node->where);
	node->type = 0;
	kept_barrier();
	region_give(&table->nodes, id);
}

static void free_unused(struct table *table, uint32_t id)
{
	while (id > ROOT_NODE) {
		struct node *node = node_at(table, id);
		uint32_t parent = node->parent;
		if (node->lookups || node->children)
			return;
		table->node_freed(table->arg, id);
		free_node(table, id);
		if (parent)
			node_at(table, parent)->children--;
		id = parent;
	}
}

void node_forget(struct table *table, uint32_t id, uint64_t count)
{
	struct node *node = node_at(table, id);

	node->lookups -= count < node->lookups ? count : node->lookups;
	free_unused(table, id);
}

void node_freeze(struct table *table, uint32_t id)
{
	struct node *node = node_at(table, id);

	/* A file without a name is in no layer: it stays as it is. */
	if (node->flags & NODE_UPPER && !(node->flags & NODE_UNLINKED))
		node->flags &= (uint16_t) ~(NODE_UPPER | NODE_OPAQUE | NODE_ORIGIN);
}

int node_place(struct table *table, uint32_t id, uint32_t parent, uint32_t where, const char *name)
{
	struct node *node = node_at(table, id);
	uint32_t handle = names_add(&table->names, name);

	if (!handle)
		return -ENOMEM;
	names_drop(&table->names, node->name);
	node->name = handle;
	if (where)
		real_ref(table, where);
	real_unref(table, node->where);
	node->where = where;
	if (parent != node->parent) {
		/* The old parent is not freed by this: the kernel knows it during the request. */
		node_at(table, parent)->children++;
		node_at(table, node->parent)->children--;
		node->parent = parent;
	}
	return 0;
}

uint32_t real_add(
	struct table *table, uint16_t layer, uint32_t parent, const char *name, uint32_t below)
{
	uint32_t handle = names_add(&table->names, name);
	uint32_t id = handle ? region_take(&table->reals) : 0;

	if (!id) {
		names_drop(&table->names, handle);
		return 0;
	}
	*real_at(table, id) = (struct real){
		.refs = 1, .parent = parent, .name = handle, .below = below, .layer = layer
	};
	if (parent)
		real_ref(table, parent);
	if (below)
		real_ref(table, below);
	return id;
}

void real_ref(struct table *table, uint32_t real)
{
	real_at(table, real)->refs++;
}

static void free_real(struct table *table, uint32_t id)
{
	if (table->real_freed)
		table->real_freed(table->arg, id);
	names_drop(&table->names, real_at(table, id)->name);
	region_give(&table->reals, id);
}

/* Drops a reference. Goes up the parents in a loop, since a tree may be deep; goes down the lists
 * of layers by recursion, since they are short. */
void real_unref(struct table *table, uint32_t id)
{
	while (id) {
		struct real *real = real_at(table, id);
		uint32_t parent = real->parent, below = real->below;
		if (--real->refs)
			return;
		free_real(table, id);
		real_unref(table, below);
		id = parent;
	}
}

int real_move(struct table *table, uint32_t id, uint32_t parent, const char *name)
{
	struct real *real = real_at(table, id);
	uint32_t handle = names_add(&table->names, name), old = real->parent;

	if (!handle)
		return -ENOMEM;
	names_drop(&table->names, real->name);
	real->name = handle;
	if (parent)
		real_ref(table, parent);
	real->parent = parent;
	real_unref(table, old);
	return 0;
}
