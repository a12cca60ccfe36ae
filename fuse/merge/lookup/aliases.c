/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/lookup/aliases.h"
#include "fuse/merge/descriptors/locate.h"
#include "fuse/merge/descriptors/pins.h"

#include "common/base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define SLOTS 4096u

struct alias {
	struct alias *next;
	uint32_t node;
	uint32_t parent, generation; /* node of the directory, and its generation: the slot may be
					used again */
	char name[];
};

struct aliases {
	struct alias *slots[SLOTS];
};

static struct alias **find(struct fs *fs, uint32_t node)
{
	struct alias **at = &fs->aliases->slots[node % SLOTS];

	while (*at && (*at)->node != node)
		at = &(*at)->next;
	return at;
}

void aliases_drop(struct fs *fs, uint32_t node)
{
	node_at(&fs->table, node)->aliased = 0;
	if (!fs->aliases)
		return;
	struct alias **at = find(fs, node), *alias = *at;
	if (!alias)
		return;
	*at = alias->next;
	free(alias);
}

void aliases_note(struct fs *fs, uint32_t node, uint32_t parent, const char *name)
{
	struct alias *alias = malloc(sizeof(*alias) + strlen(name) + 1);

	if (!fs->aliases)
		fs->aliases = calloc(1, sizeof(*fs->aliases));
	aliases_drop(fs, node);
	node_at(&fs->table, node)->aliased = 1;
	if (!alias || !fs->aliases) {
		free(alias);
		return;
	}
	*alias = (struct alias){ .next = *find(fs, node),
		.node = node,
		.parent = parent,
		.generation = node_at(&fs->table, parent)->generation };
	strcpy(alias->name, name);
	alias->next = fs->aliases->slots[node % SLOTS];
	fs->aliases->slots[node % SLOTS] = alias;
}

void aliases_close(struct fs *fs)
{
	for (size_t i = 0; fs->aliases && i < SLOTS; i++)
		for (struct alias *at = fs->aliases->slots[i], *next; at; at = next) {
			next = at->next;
			free(at);
		}
	free(fs->aliases);
	fs->aliases = NULL;
}

/* ---- called by a snapshot ---- */

/* A name in a directory. */
struct spot_of {
	uint32_t parent;
	char name[NAME_SIZE];
};

/* Whether the name at SPOT leads to the inode ST. */
static bool leads_to(struct fs *fs, const struct spot_of *spot, const struct stat *st)
{
	auto_ref struct ref dir = REF_NONE;
	uint32_t real = spot->parent ? locate_upper_real(fs, spot->parent) : 0;
	struct stat at;

	return real && locate_real_fd(fs, real, &dir) >= 0 &&
	       fstatat(dir.fd, spot->name, &at, AT_SYMLINK_NOFOLLOW) == 0 &&
	       at.st_dev == st->st_dev && at.st_ino == st->st_ino;
}

/* Finds the other name that is noted for NODE. RET's parent is 0 if none is noted. */
static void get_other(struct fs *fs, uint32_t node, struct spot_of *ret)
{
	pthread_mutex_lock(&fs->table.lock);
	const struct alias *alias = fs->aliases ? *find(fs, node) : NULL;
	bool known = alias && alias->parent < fs->table.nodes.used &&
		     node_at(&fs->table, alias->parent)->type == S_IFDIR &&
		     node_at(&fs->table, alias->parent)->generation == alias->generation;

	ret->parent = known ? alias->parent : 0;
	if (known)
		strcpy(ret->name, alias->name);
	pthread_mutex_unlock(&fs->table.lock);
}

/* Moves NODE to SPOT, the only name that it has. */
static int put_at(struct fs *fs, uint32_t node, const struct spot_of *spot)
{
	uint32_t real = locate_upper_real(fs, spot->parent);

	pthread_mutex_lock(&fs->table.lock);
	uint32_t old = node_at(&fs->table, node)->parent;
	table_begin(&fs->table);
	table_save_node(&fs->table, node);
	int r = node_place(&fs->table, node, spot->parent, real, spot->name);
	bool unlinked = node_at(&fs->table, node)->flags & NODE_UNLINKED;
	if (r == 0)
		node_at(&fs->table, node)->flags &= (uint16_t)~NODE_UNLINKED;
	table_commit(&fs->table);
	if (r == 0 && unlinked)
		pin_drop(fs, node);
	if (r == 0)
		aliases_drop(fs, node);
	if (r == 0 && old != spot->parent)
		state_forget(fs, old, 0);
	pthread_mutex_unlock(&fs->table.lock);
	return r;
}

/* Finds the only name of NODE, and moves NODE there. The caller holds TREE for writing. */
static int find_only_name(struct fs *fs, uint32_t node)
{
	auto_ref struct ref ref = REF_NONE;
	struct spot_of own, other;
	struct place place;
	struct stat st;

	locate_place(fs, node, &place);
	int fd = locate_node_fd(fs, node, &ref);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fd < 0 ? fd : -errno;
	if (place.flags & NODE_UNLINKED && st.st_nlink == 0)
		return 0;
	if (st.st_nlink > 1)
		return -EMLINK;
	own.parent = place.parent;
	strcpy(own.name, place.name);
	get_other(fs, node, &other);
	if (leads_to(fs, &own, &st))
		return put_at(fs, node, &own);
	return leads_to(fs, &other, &st) ? put_at(fs, node, &other) : -EMLINK;
}

static bool is_in_doubt(const struct node *node)
{
	return node->type && node->type != S_IFDIR && node->flags & NODE_UPPER &&
	       (node->aliased || node->flags & NODE_UNLINKED);
}

/* Returns the next node from ID on whose name is in doubt, with one more lookup; 0: none. */
static uint32_t next_in_doubt(struct fs *fs, uint32_t id)
{
	pthread_mutex_lock(&fs->table.lock);
	while (id < fs->table.nodes.used && !is_in_doubt(node_at(&fs->table, id)))
		id++;
	if (id < fs->table.nodes.used)
		node_at(&fs->table, id)->lookups++;
	else
		id = 0;
	pthread_mutex_unlock(&fs->table.lock);
	return id;
}

int aliases_resolve(struct fs *fs)
{
	int result = 0;

	for (uint32_t id = ROOT_NODE; (id = next_in_doubt(fs, id + 1));) {
		state_lock_nodes(fs, &id, 1);
		pthread_rwlock_wrlock(&fs->tree);
		int r = find_only_name(fs, id);
		pthread_rwlock_unlock(&fs->tree);
		state_unlock_nodes(fs, &id, 1);
		fs_forget(fs, id, 1);
		if (r < 0)
			result = r;
	}
	return result;
}
