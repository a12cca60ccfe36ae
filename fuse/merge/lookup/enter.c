/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/lookup/enter.h"
#include "fuse/merge/descriptors/limits.h"
#include "fuse/merge/descriptors/locate.h"
#include "fuse/merge/descriptors/pins.h"
#include "fuse/merge/lookup/aliases.h"
#include "fuse/merge/lookup/index.h"
#include "fuse/merge/lookup/namecache.h"
#include "fuse/merge/lookup/shown.h"

#include "common/base/scope.h"
#include "common/overlay/opath.h"
#include "common/overlay/override.h"

#include <fcntl.h>
#include <string.h>

static bool is_indexable(struct fs *fs, const struct found *found)
{
	if (!fs->index || found->n_dirs)
		return false;
	uint16_t layer = real_at(&fs->table, found->where)->layer;
	return index_takes(fs, layer, &found->st);
}

/* Whether the filesystem may give a file another inode number at the next lookup, and its old
 * number to another file. */
static bool has_fickle_number(const struct fs *fs, const struct found *found)
{
	uint16_t layer = real_at(&fs->table, found->where)->layer;

	return fs->lacks & LACKS_STABLE_INO || (!found->upper && fs->layers[layer].fickle);
}

static struct key key_of(
	struct fs *fs, uint32_t parent, const char *name, const struct found *found)
{
	/* When a lower hard link is copied up, it breaks: its names become different files. So each
	 * name is a node of its own. With an index the link does not break. */
	bool breaks = fs->has_upper && !found->upper && !found->n_dirs && found->st.st_nlink > 1 &&
		      !is_indexable(fs, found);
	bool by_name = breaks || has_fickle_number(fs, found);

	return (struct key){ .fs = table_filesystem(&fs->table, found->st.st_dev),
		.by_name = by_name,
		.number = found->st.st_ino,
		.parent = parent,
		.name = name };
}

/* Makes the list of real directories of a merged directory, beginning with the lowest. */
static uint32_t make_dirs(struct fs *fs, const struct found *found)
{
	uint32_t below = 0;

	for (size_t i = found->n_dirs; i-- > 0;) {
		uint32_t parent = found->dirs[i].parent;
		uint16_t layer = real_at(&fs->table, parent)->layer;
		uint32_t real = real_add(&fs->table, layer, parent, found->dirs[i].name, below);
		real_unref(&fs->table, below);
		if (!real)
			return 0;
		real_at(&fs->table, real)->flags = found->dirs[i].flags;
		below = real;
	}
	return below;
}

/* Makes an entry like a real directory for the file with a metacopy's data. */
static uint32_t make_data(struct fs *fs, const struct spot *data)
{
	uint16_t layer = real_at(&fs->table, data->parent)->layer;

	return real_add(&fs->table, layer, data->parent, data->name, 0);
}

/* Whether the file is known to be neither immutable nor append-only. Of a file in the index that is
 * not known: it may have the flags in an xattr. */
static bool is_unprotected(const struct found *found)
{
	return found->unprotected && !found->upper && !found->indexed;
}

/* Whether the file is known to have no xattr, now and later. The search has listed its xattrs, and
 * a lower file gets no new ones. A file in the index is an upper file, and may get some. */
static bool is_bare(const struct fs *fs, const struct found *found)
{
	return found->bare && !found->indexed && !(fs->options.without & OPTIMISATION_XATTRS);
}

static uint32_t make_node(struct fs *fs, uint32_t parent, const char *name,
	const struct found *found, const struct key *key)
{
	uint32_t id = node_add(&fs->table, parent);

	if (!id)
		return 0;
	struct node *node = node_at(&fs->table, id);
	node->type = found->st.st_mode & S_IFMT;
	node->ino = found->ino;
	node->flags = (uint16_t)((found->upper ? NODE_UPPER : 0) |
				 (found->opaque ? NODE_OPAQUE : 0) |
				 (found->no_data ? NODE_NO_DATA : 0) |
				 (is_unprotected(found) ? NODE_NO_PROTECTION : 0) |
				 (is_bare(fs, found) ? NODE_NO_XATTRS : 0) |
				 (found->origin ? NODE_ORIGIN : 0) |
				 (found->indexed ? NODE_INDEXED : 0) |
				 (found->unaliased ? NODE_UNALIASED : 0));
	if (found->n_dirs)
		node->dirs = make_dirs(fs, found);
	struct spot data = found->data;
	if (found->indexed)
		data = (struct spot){ .parent = fs->index->real, .name = found->index_name };
	if (data.parent)
		node->data = make_data(fs, &data);
	if ((found->n_dirs && !node->dirs) || (data.parent && !node->data) ||
		node_place(&fs->table, id, parent, found->where, name) < 0) {
		node_forget(&fs->table, id, 0);
		return 0;
	}
	node_hash(&fs->table, id, key);
	return id;
}

/* Moves a node to the name by which it was found now. An upper file may have lost its old name. An
 * indexed file lies at the name that was used last, because a change must make that name in the
 * upper layer. Returns true if this has removed a pin that counted as a link. */
static bool place_again(
	struct fs *fs, uint32_t id, uint32_t parent, const char *name, const struct found *found)
{
	struct node *node = node_at(&fs->table, id);
	uint32_t old = node->parent;
	bool linked = false;

	if (!(node->flags & NODE_UNLINKED) && !found->indexed && !is_indexable(fs, found))
		return false;
	bool unlinked = node->flags & NODE_UNLINKED;
	bool unaliased = found->unaliased && node->flags & NODE_INDEXED;
	table_begin(&fs->table);
	table_save_node(&fs->table, id);
	int r = node_place(&fs->table, id, parent, found->where, name);
	if (r == 0) {
		node->flags &= (uint16_t) ~(NODE_UNLINKED | NODE_UNALIASED);
		node->flags |= unaliased ? NODE_UNALIASED : 0;
	}
	table_commit(&fs->table);
	if (r < 0)
		return false;
	if (unlinked)
		linked = pin_drop(fs, id);
	if (unaliased)
		writers_drop(fs->writers, id);
	/* The old parent may have been in the table for this child alone. */
	if (old != parent)
		state_forget(fs, old, 0);
	return linked;
}

/* A copy-up has made the upper file FOUND, and has not changed its node in the table yet. Finds
 * that node. */
static uint32_t find_before_copy_up(
	struct fs *fs, uint32_t parent, const char *name, const struct found *found)
{
	uint16_t filesystem = (uint16_t)(found->ino >> INO_BITS);
	struct key key = { .fs = filesystem, .number = ino_compose(filesystem, found->ino) };
	const struct key named = { .by_name = true, .parent = parent, .name = name };
	uint32_t id = found->upper && found->origin && !found->n_dirs ? node_find(&fs->table, &key)
								      : 0;
	if (!id && found->upper)
		id = node_find(&fs->table, &named);
	enum { NOT_IT = NODE_UPPER | NODE_UNLINKED };

	if (!id)
		return 0;
	const struct node *node = node_at(&fs->table, id);
	bool it = !(node->flags & NOT_IT) && node->type == (found->st.st_mode & S_IFMT);
	return it ? id : 0;
}

static bool lies_at(struct fs *fs, const struct node *node, uint32_t parent, const char *name)
{
	return node->parent == parent && !strcmp(names_get(&fs->table.names, node->name), name);
}

/* Finds the node of a file that was upper until a snapshot: it still has the key that it had in the
 * upper layer. */
static uint32_t find_frozen(struct fs *fs, uint32_t parent, const char *name,
	const struct found *found, const struct key *key)
{
	struct key by_number = *key;

	by_number.by_name = false;
	uint32_t id = key->by_name && !found->upper && locate_real_was_upper(fs, found->where)
			      ? node_find(&fs->table, &by_number)
			      : 0;
	if (!id || !lies_at(fs, node_at(&fs->table, id), parent, name) ||
		node_at(&fs->table, id)->flags & (NODE_UPPER | NODE_UNLINKED))
		return 0;
	node_hash(&fs->table, id, key);
	return id;
}

/* Returns the node of KEY, or 0. */
static uint32_t find_known(struct fs *fs, uint32_t parent, const char *name,
	const struct found *found, const struct key *key)
{
	uint32_t id = node_find(&fs->table, key);

	if (!id)
		return find_frozen(fs, parent, name, found, key);
	if (node_at(&fs->table, id)->type != (found->st.st_mode & S_IFMT)) {
		node_unhash(&fs->table, id);
		return 0;
	}
	if (found->upper && !found->n_dirs && !lies_at(fs, node_at(&fs->table, id), parent, name))
		aliases_note(fs, id, parent, name);
	return id;
}

int enter_found(struct fs *fs, uint32_t parent, const char *name, const struct found *found,
	struct entry *ret)
{
	pthread_mutex_lock(&fs->table.lock);
	struct key key = key_of(fs, parent, name, found);
	uint32_t id = find_known(fs, parent, name, found, &key);
	/* If a copy-up has changed the file during the search, its node has another key now: search
	 * again. */
	bool again = !id && !found->upper &&
		     atomic_load(&fs->copyup_changes) != found->copyup_changes;
	if (!id)
		id = find_before_copy_up(fs, parent, name, found);
	bool linked = id && place_again(fs, id, parent, name, found);
	if (!id && !again)
		id = make_node(fs, parent, name, found, &key);
	if (id) {
		struct node *node = node_at(&fs->table, id);
		kept_barrier();
		node->lookups++;
		namecache_note(fs, parent, name, id);
		ret->node = id;
		ret->generation = node->generation;
		ret->st = found->st;
		ret->st.st_nlink -= linked;
		ret->fleeting = found->indexed || is_indexable(fs, found);
		shown_stat(fs, &ret->st, found->n_dirs > 1, node->ino);
	}
	pthread_mutex_unlock(&fs->table.lock);
	if (again)
		return -EAGAIN;
	return id ? 0 : -ENOMEM;
}

int enter_made(struct fs *fs, uint32_t parent, const struct made *made, struct entry *ret)
{
	auto_found struct found found;
	const char *name = made->spot.name;

	found_init(&found);
	int r = made->file >= 0 ? fstat(made->file, &found.st)
				: fstatat(made->dirfd, name, &found.st, AT_SYMLINK_NOFOLLOW);
	if (r < 0)
		return -errno;
	found.where = made->spot.parent;
	found.upper = true;
	found.opaque = made->opaque;
	pthread_mutex_lock(&fs->table.lock);
	uint16_t filesystem = table_filesystem(&fs->table, found.st.st_dev);
	pthread_mutex_unlock(&fs->table.lock);
	found.ino = ino_compose(filesystem, found.st.st_ino);
	if (S_ISDIR(found.st.st_mode))
		found.dirs[found.n_dirs++] = made->spot;
	pthread_rwlock_rdlock(&fs->tree);
	r = enter_found(fs, parent, name, &found, ret);
	pthread_rwlock_unlock(&fs->tree);
	if (r < 0)
		return r;
	pthread_mutex_lock(&fs->table.lock);
	node_at(&fs->table, ret->node)->flags |= made->lacks;
	pthread_mutex_unlock(&fs->table.lock);
	return 0;
}

static uint32_t make_nameless(struct fs *fs, uint32_t parent, const struct stat *st)
{
	uint32_t id = node_add(&fs->table, parent);

	if (!id)
		return 0;
	struct key key = { .fs = table_filesystem(&fs->table, st->st_dev), .number = st->st_ino };
	struct node *node = node_at(&fs->table, id);
	node->type = S_IFREG;
	node->ino = ino_compose(key.fs, st->st_ino);
	node->flags = NODE_UPPER | NODE_UNLINKED | NODE_NO_PROTECTION;
	node_hash(&fs->table, id, &key);
	kept_barrier();
	node->lookups = 1;
	return id;
}

int enter_nameless(struct fs *fs, uint32_t parent, int fd, struct entry *ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (fs->options.ownership == OWNERSHIP_OVERRIDE && override_get(fd, &st) < 0)
		return -EIO;
	auto_close int path = with_room(fs, opath_reopen(fd, O_PATH));
	if (path < 0)
		return path;
	pthread_mutex_lock(&fs->table.lock);
	uint32_t id = make_nameless(fs, parent, &st);
	if (id) {
		ret->node = id;
		ret->generation = node_at(&fs->table, id)->generation;
		ret->fleeting = false;
		ret->st = st;
		shown_stat(fs, &ret->st, false, node_at(&fs->table, id)->ino);
	}
	pthread_mutex_unlock(&fs->table.lock);
	if (!id)
		return -ENOMEM;
	return pin_keep_nameless(fs, id, steal_fd(&path));
}
