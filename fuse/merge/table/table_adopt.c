/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes over the table of a dead worker. A node is live if the kernel knows it, or knows one of its
 * descendants. A real directory or a name is live if something live leads to it. All other slots
 * are free, whatever the dead worker was about to do with them. This process may be killed at any
 * instant, too. */
#include "fuse/merge/table/table.h"

#include "common/base/scope.h"

#include <string.h>

/* These flags are cleared: they may be wrong for a node that the dead worker was about to
 * change. */

#define KNOWN_ABSENT                                                                               \
	(NODE_NO_CAPABILITY | NODE_NO_ACL | NODE_NO_DEFAULT_ACL | NODE_NO_SELINUX |                \
		NODE_NO_XATTRS | NODE_NO_PROTECTION | NODE_NO_FLAGS)

struct marks {
	uint8_t *nodes, *reals, *names[NAME_KINDS];
	uint32_t *stack; /* real directories whose parents were not looked at yet */
	uint32_t n_stack;
};

static void free_marks(struct marks *marks)
{
	free(marks->nodes);
	free(marks->reals);
	for (int kind = 0; kind < NAME_KINDS; kind++)
		free(marks->names[kind]);
	free(marks->stack);
}

static int make_marks(const struct table *table, struct marks *marks)
{
	bool made = true;

	marks->nodes = calloc(table->nodes.capacity + 1, 1);
	marks->reals = calloc(table->reals.capacity + 1, 1);
	marks->stack = calloc(table->reals.capacity + 1, sizeof(*marks->stack));
	for (int kind = 0; kind < NAME_KINDS; kind++) {
		marks->names[kind] = calloc(table->names.kinds[kind].capacity + 1, 1);
		made &= marks->names[kind] != NULL;
	}
	return made && marks->nodes && marks->reals && marks->stack ? 0 : -ENOMEM;
}

static void undo_changes(struct table *table)
{
	struct kept_state *kept = table->kept;

	for (uint32_t i = 0; i < kept->n_undo && i < KEPT_UNDO; i++) {
		const struct kept_undo *undo = &kept->undo[i];
		const struct region *region = undo->region ? &table->reals : &table->nodes;
		if (undo->slot < region->capacity)
			memcpy(region_at(region, undo->slot), undo->bytes, region->slot_size);
	}
	kept_barrier();
	kept->n_undo = 0;
}

static void mark_name(const struct table *table, struct marks *marks, uint32_t handle)
{
	uint32_t kind = handle & 7, slot = handle >> 3;

	if (handle && kind < NAME_KINDS && slot < table->names.kinds[kind].capacity)
		marks->names[kind][slot] = 1;
}

static void count_real(const struct table *table, struct marks *marks, uint32_t id)
{
	if (!id || id >= table->reals.capacity)
		return;
	real_at(table, id)->refs++;
	if (marks->reals[id])
		return;
	marks->reals[id] = 1;
	mark_name(table, marks, real_at(table, id)->name);
	marks->stack[marks->n_stack++] = id;
}

/* Counts a reference on ID. The first time, also counts the references from ID to others. */
static void mark_real(const struct table *table, struct marks *marks, uint32_t id)
{
	count_real(table, marks, id);
	while (marks->n_stack) {
		const struct real *real = real_at(table, marks->stack[--marks->n_stack]);
		count_real(table, marks, real->parent);
		count_real(table, marks, real->below);
	}
}

static bool is_known(const struct table *table, uint32_t id)
{
	const struct node *node = node_at(table, id);

	return node->type && (node->lookups || id == ROOT_NODE);
}

/* Marks as live each node that the kernel knows, and its ancestors. */
static void mark_nodes(const struct table *table, struct marks *marks)
{
	for (uint32_t id = 1; id < table->nodes.capacity; id++) {
		if (!is_known(table, id))
			continue;
		for (uint32_t at = id; at && at < table->nodes.capacity && !marks->nodes[at];
			at = node_at(table, at)->parent)
			marks->nodes[at] = 1;
	}
}

/* Completes a removal: the worker may have died after the name was removed and before it noted that
 * (unlinked_note). */
static void complete_unlinked(const struct table *table, struct node *node)
{
	if (!(node->flags & NODE_UNLINKED))
		return;
	if (node->flags & NODE_BY_NAME || node->dirs)
		node->flags &= (uint16_t)~NODE_HASHED;
	if (node->dirs && node->flags & NODE_UPPER)
		real_at(table, node->dirs)->flags |= REAL_GONE;
}

/* A snapshot was taken, but the dead worker may not have changed all nodes yet. */
static void complete_frozen(struct table *table)
{
	const struct kept_state *kept = table->kept;

	if (!kept->n_frozen)
		return;
	node_at(table, ROOT_NODE)->dirs = kept->layer_reals[kept->top];
	for (uint32_t id = ROOT_NODE + 1; id < table->nodes.capacity; id++) {
		const struct node *node = node_at(table, id);
		uint32_t real = node->dirs ? node->dirs : node->where;
		if (node->type && real < table->reals.capacity &&
			real_at(table, real)->layer != kept->top)
			node_freeze(table, id);
	}
}

static void count_references(const struct table *table, struct marks *marks)
{
	for (uint32_t id = 1; id < table->reals.capacity; id++)
		real_at(table, id)->refs = 0;
	for (uint32_t id = 1; id < table->nodes.capacity; id++)
		node_at(table, id)->children = 0;
	for (uint32_t id = 1; id < table->nodes.capacity; id++) {
		struct node *node = node_at(table, id);
		if (!marks->nodes[id]) {
			node->type = 0;
			continue;
		}
		complete_unlinked(table, node);
		node->flags &= (uint16_t)~KNOWN_ABSENT;
		if (node->parent)
			node_at(table, node->parent)->children++;
		mark_name(table, marks, node->name);
		mark_real(table, marks, node->dirs);
		mark_real(table, marks, node->data);
		mark_real(table, marks, node->where);
	}
	for (uint32_t i = table->kept->top; i < table->kept->end; i++)
		mark_real(table, marks, table->kept->layer_reals[i]);
	mark_real(table, marks, table->kept->index_real);
}

static void rebuild_regions(struct table *table, const struct marks *marks)
{
	region_rebuild(&table->nodes, marks->nodes);
	region_rebuild(&table->reals, marks->reals);
	for (int kind = 0; kind < NAME_KINDS; kind++)
		region_rebuild(&table->names.kinds[kind], marks->names[kind]);
}

int table_adopt(struct table *table, struct kept_state *kept)
{
	__attribute__((cleanup(free_marks))) struct marks marks = { 0 };
	int memfds[NAME_KINDS];

	table->kept = kept;
	pthread_mutex_init(&table->lock, NULL);
	for (int kind = 0; kind < NAME_KINDS; kind++)
		memfds[kind] = kept->regions[2 + kind];
	int r = region_adopt(&table->nodes, kept->regions[0], &NODES_KIND);
	if (r == 0)
		r = region_adopt(&table->reals, kept->regions[1], &REALS_KIND);
	if (r == 0)
		r = names_adopt(&table->names, memfds);
	if (r == 0)
		r = make_marks(table, &marks);
	if (r < 0)
		return r;
	undo_changes(table);
	complete_frozen(table);
	mark_nodes(table, &marks);
	count_references(table, &marks);
	rebuild_regions(table, &marks);
	return table_hash_all(table);
}
