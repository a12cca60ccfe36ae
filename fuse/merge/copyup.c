/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/copyup.h"
#include "fuse/merge/descriptors.h"
#include "fuse/merge/index.h"
#include "fuse/merge/lookup.h"
#include "fuse/merge/pins.h"

#include "common/cleanup.h"
#include "common/overlay/copyup.h"
#include "common/overlay/fdattr.h"
#include "common/overlay/fdxattr.h"
#include "common/overlay/origin.h"

#include <fcntl.h>
#include <string.h>

#define METADATA (UINT64_MAX - 1) /* as a length: no data are wanted */

int shale_fs_mark_impure(struct shale_fs *fs, uint32_t real, int fd)
{
	if (shale_fs_real_flags(fs, real) & SHALE_REAL_IMPURE)
		return 0;
	int r = shale_fsetxattr(fd, shale_overlay_xattr(fs->options.class, "impure"), "y", 1, 0);
	if (r < 0 && r != -EOPNOTSUPP)
		return r;
	pthread_mutex_lock(&fs->table.lock);
	shale_real_at(&fs->table, real)->flags |= SHALE_REAL_IMPURE;
	pthread_mutex_unlock(&fs->table.lock);
	return 0;
}

static void make_origin(
	struct shale_fs *fs, const struct shale_place *place, int fd, struct shale_origin *ret)
{
	uint32_t real = place->dirs ? place->dirs : place->where;
	const struct shale_fs_layer *layer = &fs->layers[shale_real_at(&fs->table, real)->layer];

	shale_origin_make(fd, layer->has_uuid ? layer->uuid : NULL, ret);
}

/* The node's data are its own from here on. table.lock is held. */
static void drop_data(struct shale_fs *fs, struct shale_node *node)
{
	shale_real_unref(&fs->table, node->data);
	node->data = 0;
	node->flags &= (uint16_t)~SHALE_NODE_NO_DATA;
}

/* What has become of a node. */
struct copied {
	const struct stat *st;
	bool origin; /* it stays the same file, else it is a hard link that breaks */
	bool metacopy;
	const char *index; /* its name in the index, or NULL; it has no other yet */
};

/* table.lock is held. */
static int note_index(struct shale_fs *fs, struct shale_node *node, const char *name)
{
	node->data = shale_real_add(&fs->table, SHALE_LAYER_UPPER, fs->index->real, name, 0);
	if (!node->data)
		return -ENOMEM;
	node->flags |= SHALE_NODE_INDEXED | SHALE_NODE_UNALIASED;
	return 0;
}

/* The table's side of it: from here on the node is its upper copy. */
static int switch_to_upper(struct shale_fs *fs, uint32_t id, uint32_t upper_parent,
	const struct shale_place *place, const struct copied *copied)
{
	const struct stat *st = copied->st;
	int r = 0;

	pthread_mutex_lock(&fs->table.lock);
	struct shale_node *node = shale_node_at(&fs->table, id);
	struct shale_key key = { .fs = shale_fs_index_of_dev(fs, st->st_dev),
		.number = st->st_ino };
	if (place->dirs) {
		uint32_t real = shale_real_add(
			&fs->table, SHALE_LAYER_UPPER, upper_parent, place->name, node->dirs);
		if (real) {
			shale_real_unref(&fs->table, node->dirs);
			node->dirs = real;
		}
		r = real ? 0 : -ENOMEM;
	}
	if (r == 0 && copied->metacopy && !node->data) {
		const struct shale_real *where = shale_real_at(&fs->table, node->where);
		node->data = shale_real_add(&fs->table, where->layer, node->where, place->name, 0);
		r = node->data ? 0 : -ENOMEM;
	}
	if (r == 0 && !copied->metacopy)
		drop_data(fs, node);
	/* What is in the index stays under the name that it was looked up by last. */
	if (r == 0 && copied->index)
		r = note_index(fs, node, copied->index);
	else if (r == 0 && upper_parent)
		r = shale_node_place(&fs->table, id, node->parent, upper_parent, place->name);
	if (r == 0) {
		if (node->flags & SHALE_NODE_HASHED)
			shale_node_hash(&fs->table, id, &key);
		node->flags |= SHALE_NODE_UPPER | (copied->origin ? SHALE_NODE_ORIGIN : 0);
		atomic_fetch_add(&fs->copied_up, 1);
		/* A broken hard link is another file than what its other names lead to. */
		if (!copied->origin && upper_parent)
			node->ino = st->st_ino ^ (uint64_t)key.fs << 56;
	}
	pthread_mutex_unlock(&fs->table.lock);
	shale_fdcache_drop(&fs->fds, shale_fd_key(SHALE_FD_READ, id));
	if (r == 0 && S_ISREG(st->st_mode)) {
		fs->copied_files++;
		fs->copied_bytes += (uint64_t)st->st_blocks * 512;
	}
	return r;
}

/* A file that lost its name while somebody has it open still takes writes, in a copy without a
 * name. */
static int keep_nameless(
	struct shale_fs *fs, uint32_t id, const struct shale_place *place, int copy)
{
	struct stat st;

	if (fstat(copy, &st) < 0)
		return -errno;
	auto_close int path = shale_with_room(fs, shale_reopen(copy, O_PATH));
	if (path < 0)
		return path;
	shale_pin_drop(fs, id);
	int r = shale_fs_pin_fd(fs, id, steal_fd(&path));
	if (r < 0)
		return r;
	shale_quota_unlinked(fs->quota, id, copy);
	return switch_to_upper(fs, id, 0, place, &(struct copied){ .st = &st });
}

static uint64_t blocks_of(int data, uint64_t length)
{
	struct stat st;

	if (fstat(data, &st) < 0)
		return 0;
	uint64_t bytes = (uint64_t)st.st_blocks * 512;
	return bytes < length ? bytes : length + SHALE_QUOTA_BLOCK;
}

/* What a copy takes at the most: a block for itself, and the data's. */
static uint64_t room_for(const struct shale_copy_up *what)
{
	bool data = S_ISREG(what->st->st_mode) && !what->metacopy;

	return SHALE_QUOTA_BLOCK + (data ? blocks_of(what->data, what->length) : 0);
}

/* What users of the mount were shown and is no longer so. */
static void tell_outdated(
	struct shale_fs *fs, uint32_t id, const struct shale_place *place, bool broken)
{
	if (!fs->outdated)
		return;
	if (place->dirs || broken)
		fs->outdated(fs->outdated_arg, id, false);
	/* It has a name more in the upper layer: its size and its time of change are others. */
	fs->outdated(fs->outdated_arg, place->parent, broken);
}

static bool goes_to_index(
	struct shale_fs *fs, const struct shale_place *place, const struct stat *st)
{
	return fs->index && !place->dirs &&
	       shale_is_indexable(fs, shale_real_at(&fs->table, place->where)->layer, st);
}

/* WHAT lacks the name to be. MARK: it stays the same file, else it is a hard link that breaks. */
static int copy_named(struct shale_fs *fs, uint32_t id, const struct shale_place *place,
	uint32_t upper_parent, struct shale_copy_up *what, bool mark)
{
	auto_ref struct shale_ref dir = SHALE_REF_NONE;
	auto_close int copy = -1;
	struct shale_origin origin;
	char index[SHALE_NAME_SIZE] = "";
	struct stat st;

	pthread_rwlock_rdlock(&fs->tree);
	what->dir = shale_fs_real_fd(fs, upper_parent, &dir);
	pthread_rwlock_unlock(&fs->tree);
	if (what->dir < 0)
		return what->dir;
	make_origin(fs, place, what->source, &origin);
	what->origin = mark ? &origin : NULL;
	what->name = place->name;
	int r = shale_fs_mark_impure(fs, upper_parent, what->dir);
	if (r == 0)
		r = copy = goes_to_index(fs, place, what->st)
				   ? shale_fs_index_copy_up(fs, what, index)
				   : shale_with_room(fs, shale_copy_up(what, NULL));
	shale_quota_book(fs->quota, what->dir);
	shale_quota_book_at(fs->quota, what->dir, place->name);
	if (r >= 0)
		r = sys(fstat(copy, &st));
	if (r == 0)
		r = switch_to_upper(fs, id, upper_parent, place,
			&(struct copied){ .st = &st,
				.origin = mark,
				.metacopy = what->metacopy,
				.index = *index ? index : NULL });
	if (r < 0)
		return r;
	/* What was copied up is changed next. */
	if (S_ISREG(st.st_mode) && !what->metacopy)
		shale_fd_release(shale_writers_add(fs->writers, id, steal_fd(&copy)));
	tell_outdated(fs, id, place, !mark);
	return 0;
}

static int copy(struct shale_fs *fs, uint32_t id, const struct shale_place *place,
	uint32_t upper_parent, struct shale_copy_up *what, bool mark)
{
	if (upper_parent)
		return copy_named(fs, id, place, upper_parent, what, mark);
	auto_close int copy = shale_with_room(fs, shale_copy_up(what, NULL));
	return copy < 0 ? copy : keep_nameless(fs, id, place, copy);
}

/* As by the kernel, what belongs to an id that the mount does not show stays where it is. */
static int check_ids(struct shale_fs *fs, int source, const struct stat *st)
{
	const struct shale_idmaps *ids = &fs->options.ids;
	struct stat owner = *st;
	int r = 0;

	if (!ids->uids && !ids->gids)
		return 0;
	if (fs->options.ownership == SHALE_OWNERSHIP_OVERRIDE)
		r = shale_override_get(source, &owner);
	if (r < 0)
		return r;
	if (shale_idmap_shown(ids->uids, owner.st_uid) < 0 ||
		shale_idmap_shown(ids->gids, owner.st_gid) < 0)
		return -EOVERFLOW;
	r = shale_idvalue_check(ids, SHALE_ACL_ACCESS, source);
	if (r == 0)
		r = shale_idvalue_check(ids, SHALE_ACL_DEFAULT, source);
	return r < 0 ? r : shale_idvalue_check(ids, SHALE_CAPABILITY, source);
}

/* LENGTH: how many bytes are wanted, or METADATA. */
static int copy_up_to(struct shale_fs *fs, uint32_t id, const struct shale_place *place, int source,
	uint32_t upper_parent, uint64_t length)
{
	auto_ref struct shale_ref data = SHALE_REF_NONE;
	auto_hold struct shale_hold hold = SHALE_HOLD_NONE;
	struct stat st;

	int r = fstat(source, &st) < 0 ? -errno : shale_place_check(place, &st);
	if (r == 0)
		r = check_ids(fs, source, &st);
	if (r < 0)
		return r;
	bool mark = S_ISDIR(st.st_mode) || st.st_nlink == 1 || goes_to_index(fs, place, &st);
	bool metacopy = length == METADATA && fs->options.metacopy && S_ISREG(st.st_mode) &&
			upper_parent;
	int from = source;
	if (S_ISREG(st.st_mode) && !metacopy && (place->data || place->flags & SHALE_NODE_NO_DATA))
		from = shale_fs_data_open(fs, id, &data);
	if (from < 0)
		return from;
	struct shale_copy_up what = { .source = source,
		.data = from,
		.metacopy = metacopy,
		.bare = place->flags & SHALE_NODE_NO_XATTRS &&
			fs->options.ownership != SHALE_OWNERSHIP_OVERRIDE,
		.st = &st,
		.work = fs->work,
		.length = length,
		.class = fs->options.class,
		.settling = fs->settling };
	r = shale_quota_hold(fs->quota, fs->quota ? room_for(&what) : 0, &hold);
	if (r < 0)
		return r;
	r = copy(fs, id, place, upper_parent, &what, mark);
	if (r != -EACCES || st.st_uid != fs->uid || st.st_mode & S_IRUSR ||
		shale_fchmod(source, (st.st_mode & 07777) | S_IRUSR) < 0)
		return r;
	/* The kernel's copy-up reads what its mounter may not read by the mode. */
	r = copy(fs, id, place, upper_parent, &what, mark);
	(void)shale_fchmod(source, st.st_mode & 07777);
	return r;
}

static int copy_up_one(struct shale_fs *fs, uint32_t id, uint64_t length)
{
	auto_ref struct shale_ref source = SHALE_REF_NONE;
	struct shale_place place;
	int r = 0;

	shale_fs_lock_nodes(fs, &id, 1);
	shale_fs_place_held(fs, id, &place);
	bool nameless = place.flags & SHALE_NODE_UNLINKED;
	uint32_t upper = nameless ? 0 : shale_fs_upper_real(fs, place.parent);
	/* Found under another name since, it may have a parent that is not in the upper layer. */
	if (!(place.flags & SHALE_NODE_UPPER) && (nameless || upper)) {
		r = shale_fs_node_open(fs, id, &source);
		if (r >= 0)
			r = copy_up_to(fs, id, &place, source.fd, upper, length);
	}
	shale_fs_place_release(fs, &place);
	shale_fs_unlock_nodes(fs, &id, 1);
	return r < 0 ? r : 0;
}

/* A metacopy in the upper layer gets the first LENGTH bytes of its data. */
static int fill_in(struct shale_fs *fs, uint32_t id, uint64_t length)
{
	auto_ref struct shale_ref source = SHALE_REF_NONE;
	auto_ref struct shale_ref target = SHALE_REF_NONE;
	auto_hold struct shale_hold hold = SHALE_HOLD_NONE;
	int from = shale_fs_data_open(fs, id, &source);
	int path = from < 0 ? from : shale_fs_node_open(fs, id, &target);
	auto_close int to = path < 0 ? path : shale_with_room(fs, shale_open_own(path, O_RDWR));

	if (to < 0)
		return to;
	int r = shale_quota_hold(fs->quota, fs->quota ? blocks_of(from, length) : 0, &hold);
	if (r == 0)
		r = shale_with_room(
			fs, shale_fill_metacopy(to, from, length, fs->options.class, fs->settling));
	shale_quota_book(fs->quota, to);
	if (r < 0)
		return r;
	pthread_mutex_lock(&fs->table.lock);
	drop_data(fs, shale_node_at(&fs->table, id));
	pthread_mutex_unlock(&fs->table.lock);
	shale_fdcache_drop(&fs->fds, shale_fd_key(SHALE_FD_READ, id));
	return 0;
}

static bool keeps_data_elsewhere(const struct shale_place *place)
{
	bool elsewhere = place->data && !(place->flags & SHALE_NODE_INDEXED);

	return elsewhere || place->flags & SHALE_NODE_NO_DATA;
}

static int fill_in_locked(struct shale_fs *fs, uint32_t id, uint64_t length)
{
	struct shale_place place;
	int r = 0;

	shale_fs_place(fs, id, &place);
	if (!keeps_data_elsewhere(&place))
		return 0;
	shale_fs_lock_nodes(fs, &id, 1);
	shale_fs_place(fs, id, &place);
	if (keeps_data_elsewhere(&place))
		r = fill_in(fs, id, length);
	shale_fs_unlock_nodes(fs, &id, 1);
	return r;
}

/* NODE or its topmost ancestor that is not in the upper layer; 0 when none is missing. */
static uint32_t next_to_copy(struct shale_fs *fs, uint32_t id)
{
	uint32_t missing = 0;

	pthread_mutex_lock(&fs->table.lock);
	for (; id; id = shale_node_at(&fs->table, id)->parent) {
		const struct shale_node *node = shale_node_at(&fs->table, id);
		if (node->flags & SHALE_NODE_UPPER)
			break;
		missing = id;
		if (node->flags & SHALE_NODE_UNLINKED)
			break;
	}
	pthread_mutex_unlock(&fs->table.lock);
	return missing;
}

static int copy_up(struct shale_fs *fs, uint32_t id, uint64_t length)
{
	uint32_t next;

	if (!fs->has_upper)
		return -EROFS;
	while ((next = next_to_copy(fs, id))) {
		int r = copy_up_one(fs, next, length);
		if (r < 0)
			return r;
	}
	return fs->index ? shale_fs_index_link_place(fs, id) : 0;
}

int shale_fs_copy_up_data(struct shale_fs *fs, uint32_t id, uint64_t length)
{
	int r = copy_up(fs, id, length);

	return r < 0 ? r : fill_in_locked(fs, id, length);
}

int shale_fs_copy_up(struct shale_fs *fs, uint32_t id)
{
	return copy_up(fs, id, METADATA);
}
