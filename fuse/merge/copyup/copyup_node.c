/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/copyup/copyup_node.h"
#include "fuse/merge/descriptors/limits.h"
#include "fuse/merge/lookup/index.h"
#include "fuse/merge/lookup/listing.h"
#include "fuse/merge/descriptors/pins.h"
#include "fuse/merge/copyup/index_link.h"
#include "fuse/merge/descriptors/locate.h"
#include "fuse/merge/lookup/upper_marks.h"

#include "common/base/scope.h"
#include "common/overlay/copyup_file.h"
#include "common/overlay/metacopy.h"
#include "common/overlay/opath.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/origin.h"

#include <fcntl.h>
#include <string.h>

#define METADATA (UINT64_MAX - 1) /* as a length: copy no data, only metadata */

static void make_origin(struct fs *fs, const struct place *place, int fd, struct origin *ret)
{
	uint32_t real = place->dirs ? place->dirs : place->where;
	const struct fs_layer *layer = &fs->layers[real_at(&fs->table, real)->layer];

	/* The source is itself a copy, made before a snapshot: hand its origin on, so that the
	 * inode number stays. */
	if (!place->dirs && locate_real_was_upper(fs, real) &&
		origin_get(fd, fs->options.class, ret) == 1)
		return;
	origin_make(fd, layer->has_uuid ? layer->uuid : NULL, ret);
}

/* Notes in the table that the node's inode holds its data now. The caller holds table.lock. */
static void drop_data(struct fs *fs, struct node *node)
{
	real_unref(&fs->table, node->data);
	node->data = 0;
	node->flags &= (uint16_t)~NODE_NO_DATA;
}

/* The result of a copy-up: its copy. */
struct copied {
	const struct stat *st;
	/* The copy has an origin: it is the same file as before. False: the copy-up broke a hard
	 * link, and the copy is a new file. */
	bool origin;
	bool metacopy;
	/* Name of the copy in the index, its only name so far. NULL: it is not in the index. */
	const char *index;
};

/* Notes that the node's data are in the index under NAME. The caller holds table.lock. */
static int note_index(struct fs *fs, struct node *node, const char *name)
{
	node->data = real_add(&fs->table, fs->top, fs->index->real, name, 0);
	if (!node->data)
		return -ENOMEM;
	node->flags |= NODE_INDEXED | NODE_UNALIASED;
	return 0;
}

/* Changes the node in the table into its upper copy. */
static int switch_to_upper(struct fs *fs, uint32_t id, uint32_t upper_parent,
	const struct place *place, const struct copied *copied)
{
	const struct stat *st = copied->st;
	int r = 0;

	pthread_mutex_lock(&fs->table.lock);
	struct node *node = node_at(&fs->table, id);
	struct key key = { .fs = table_filesystem(&fs->table, st->st_dev),
		.by_name = fs->lacks & LACKS_STABLE_INO,
		.number = st->st_ino,
		.parent = place->parent,
		.name = place->name };
	table_begin(&fs->table);
	table_save_node(&fs->table, id);
	if (place->dirs) {
		uint32_t real = real_add(
			&fs->table, fs->top, upper_parent, place->name, node->dirs);
		if (real) {
			real_unref(&fs->table, node->dirs);
			node->dirs = real;
		}
		r = real ? 0 : -ENOMEM;
	}
	if (r == 0 && copied->metacopy && !node->data) {
		const struct real *where = real_at(&fs->table, node->where);
		node->data = real_add(&fs->table, where->layer, node->where, place->name, 0);
		r = node->data ? 0 : -ENOMEM;
	}
	if (r == 0 && !copied->metacopy)
		drop_data(fs, node);
	/* An indexed file keeps the place under which it was looked up last. */
	if (r == 0 && copied->index)
		r = note_index(fs, node, copied->index);
	else if (r == 0 && upper_parent)
		r = node_place(&fs->table, id, node->parent, upper_parent, place->name);
	if (r == 0) {
		if (node->flags & NODE_HASHED)
			node_hash(&fs->table, id, &key);
		node->flags |= NODE_UPPER | (copied->origin ? NODE_ORIGIN : 0);
		atomic_fetch_add(&fs->copyup_changes, 1);
		/* This copy-up broke a hard link, so the copy gets an inode number of its own. */
		if (!copied->origin && upper_parent)
			node->ino = ino_compose(key.fs, st->st_ino);
	}
	table_commit(&fs->table);
	pthread_mutex_unlock(&fs->table.lock);
	fdcache_drop(&fs->fds, fd_key(FD_READ, id));
	if (r == 0 && S_ISREG(st->st_mode)) {
		fs->copied_files++;
		fs->copied_bytes += (uint64_t)st->st_blocks * 512;
	}
	return r;
}

/* The file has lost its name, but a process that has it open may still write to it: keeps its copy
 * without a name. */
static int keep_nameless(struct fs *fs, uint32_t id, const struct place *place, int copy)
{
	struct stat st;

	if (fstat(copy, &st) < 0)
		return -errno;
	if (fs->lacks & LACKS_UNLINKED) {
		pin_named(fs);
		return switch_to_upper(fs, id, 0, place, &(struct copied){ .st = &st });
	}
	auto_close int path = with_room(fs, opath_reopen(copy, O_PATH));
	if (path < 0)
		return path;
	pin_drop(fs, id);
	int r = pin_keep_nameless(fs, id, steal_fd(&path));
	if (r < 0)
		return r;
	quota_unlinked(fs->quota, id, copy);
	return switch_to_upper(fs, id, 0, place, &(struct copied){ .st = &st });
}

static uint64_t blocks_of(int data, uint64_t length)
{
	struct stat st;

	if (fstat(data, &st) < 0)
		return 0;
	uint64_t bytes = (uint64_t)st.st_blocks * 512;
	return bytes < length ? bytes : length + QUOTA_BLOCK;
}

/* Returns how many bytes on the disk a copy can take: a block for itself, and its data. */
static uint64_t room_for(const struct copyup_run *what)
{
	bool data = S_ISREG(what->st->st_mode) && !what->metacopy;

	return QUOTA_BLOCK + (data ? blocks_of(what->data, what->length) : 0);
}

/* Tells the kernel to forget cached attributes and lists that the copy-up has made wrong. */
static void tell_outdated(struct fs *fs, uint32_t id, const struct place *place, bool broken)
{
	if (broken)
		listing_outdate(fs, place->parent);
	if (!fs->outdated)
		return;
	if (place->dirs || broken)
		fs->outdated(fs->outdated_arg, id, false);
	/* The copy gave the upper directory one more name, so its size and ctime have changed. */
	fs->outdated(fs->outdated_arg, place->parent, broken);
}

static bool goes_to_index(struct fs *fs, const struct place *place, const struct stat *st)
{
	return fs->index && !place->dirs &&
	       index_takes(fs, real_at(&fs->table, place->where)->layer, st);
}

/* An earlier worker has made the copy under WHAT's name, and died before it noted that in the
 * table. Opens this copy. */

static int open_earlier_copy(struct fs *fs, struct copyup_run *what)
{
	int flags = S_ISREG(what->st->st_mode) ? O_RDWR | O_NONBLOCK : O_PATH;
	auto_close int path = with_room(
		fs, sys(openat(what->dir, what->name, O_PATH | O_NOFOLLOW | O_CLOEXEC)));
	struct stat st;

	if (path < 0 || fstat(path, &st) < 0)
		return path < 0 ? path : -errno;
	if ((st.st_mode ^ what->st->st_mode) & S_IFMT)
		return -EEXIST;
	/* Setting the mode is the last step of a directory's copy, which the earlier worker may
	 * have missed. */
	if (S_ISDIR(st.st_mode) && st.st_mode != what->st->st_mode)
		(void)opath_chmod(path, what->st->st_mode & 07777);
	int r = metacopy_parse(
		opath_xattr_get(path, overlay_xattr(fs->options.class, "metacopy"), NULL, 0),
		fs->options.class);
	what->metacopy = r > 0;
	if (r < 0)
		return r;
	return flags == O_PATH ? steal_fd(&path) : locate_open_own(fs, path, flags);
}

static int make_copy(struct fs *fs, struct copyup_run *what)
{
	int fd = with_room(fs, copyup_run(what, NULL));

	return fd == -EEXIST && fs->adopted ? open_earlier_copy(fs, what) : fd;
}

static int make_indexed_copy(struct fs *fs, const struct copyup_run *what, char *ret_name)
{
	int fd = index_link_copy_up(fs, what, ret_name);
	struct copyup_run copy = *what;

	if (fd != -EEXIST || !fs->adopted)
		return fd;
	copy.dir = fs->index->fd;
	copy.name = ret_name;
	return open_earlier_copy(fs, &copy);
}

/* Copies up to the name in PLACE. MARK: gives the copy an origin, so that it is the same file as
 * before; without MARK the copy of a hard link becomes a file of its own. */
static int copy_named(struct fs *fs, uint32_t id, const struct place *place, uint32_t upper_parent,
	struct copyup_run *what, bool mark)
{
	auto_ref struct ref dir = REF_NONE;
	auto_loan struct loan loan = LOAN_NONE;
	auto_close int copy = -1;
	struct origin origin;
	char index[NAME_SIZE] = "";
	struct stat st;

	pthread_rwlock_rdlock(&fs->tree);
	what->dir = locate_real_fd(fs, upper_parent, &dir);
	pthread_rwlock_unlock(&fs->tree);
	if (what->dir < 0)
		return what->dir;
	loan_take_dir(&fs->loans, what->dir, &loan);
	make_origin(fs, place, what->source, &origin);
	what->origin = mark ? &origin : NULL;
	what->name = place->name;
	int r = upper_marks_set_impure(fs, upper_parent, what->dir);
	if (r == 0)
		r = copy = goes_to_index(fs, place, what->st) ? make_indexed_copy(fs, what, index)
							      : make_copy(fs, what);
	quota_book(fs->quota, what->dir);
	quota_book_at(fs->quota, what->dir, place->name);
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
	/* A file is copied up to be changed, so keep the copy's descriptor. */
	if (S_ISREG(st.st_mode) && !what->metacopy)
		fd_release(writers_add(fs->writers, id, steal_fd(&copy)));
	tell_outdated(fs, id, place, !mark);
	return 0;
}

static int copy(struct fs *fs, uint32_t id, const struct place *place, uint32_t upper_parent,
	struct copyup_run *what, bool mark)
{
	struct pin_name name = pin_name_of(id);

	if (upper_parent)
		return copy_named(fs, id, place, upper_parent, what, mark);
	what->kept = fs->lacks & LACKS_UNLINKED ? name.text : NULL;
	auto_close int copy = with_room(fs, copyup_run(what, NULL));
	return copy < 0 ? copy : keep_nameless(fs, id, place, copy);
}

/* Refuses to copy up a file whose owner the mount does not map, as the kernel does. */
static int check_ids(struct fs *fs, int source, const struct stat *st)
{
	const struct idmaps *ids = &fs->options.ids;
	struct stat owner = *st;
	int r = 0;

	if (!ids->uids && !ids->gids)
		return 0;
	if (fs->options.ownership == OWNERSHIP_OVERRIDE)
		r = override_get(source, &owner);
	if (r < 0)
		return r;
	if (idmap_shown(ids->uids, owner.st_uid) < 0 || idmap_shown(ids->gids, owner.st_gid) < 0)
		return -EOVERFLOW;
	r = xattr_ids_check(ids, ACL_ACCESS, source);
	if (r == 0)
		r = xattr_ids_check(ids, ACL_DEFAULT, source);
	return r < 0 ? r : xattr_ids_check(ids, CAPABILITY_XATTR, source);
}

/* Copies up one node. LENGTH is the number of bytes of data to copy; METADATA: none. */
static int copy_up_to(struct fs *fs, uint32_t id, const struct place *place, int source,
	uint32_t upper_parent, uint64_t length)
{
	auto_ref struct ref data = REF_NONE;
	auto_hold struct hold hold = HOLD_NONE;
	struct stat st;

	int r = without_loans(&fs->loans, &st, sys(fstat(source, &st)));
	if (r == 0)
		r = locate_check(place, &st);
	if (r == 0)
		r = check_ids(fs, source, &st);
	if (r < 0)
		return r;
	bool mark = S_ISDIR(st.st_mode) || st.st_nlink == 1 || goes_to_index(fs, place, &st);
	bool metacopy = length == METADATA && fs->options.metacopy && !(fs->lacks & LACKS_XATTRS) &&
			S_ISREG(st.st_mode) && upper_parent;
	int from = source;
	if (S_ISREG(st.st_mode) && !metacopy && (place->data || place->flags & NODE_NO_DATA))
		from = locate_data_open(fs, id, &data);
	if (from < 0)
		return from;
	struct copyup_run what = { .source = source,
		.data = from,
		.metacopy = metacopy,
		.bare = place->flags & NODE_NO_XATTRS &&
			fs->options.ownership != OWNERSHIP_OVERRIDE,
		.st = &st,
		.work = fs->work,
		.length = length,
		.class = fs->options.class,
		.squashes_uid = idmap_squashes(fs->options.ids.uids),
		.squashes_gid = idmap_squashes(fs->options.ids.gids),
		.overrides = fs->options.ownership == OWNERSHIP_OVERRIDE,
		.lacks = fs->lacks,
		.sync_mode = fs->sync_mode };
	r = quota_hold(fs->quota, fs->quota ? room_for(&what) : 0, &hold);
	if (r < 0)
		return r;
	return with_loan(
		&fs->loans, source, S_IRUSR, copy(fs, id, place, upper_parent, &what, mark));
}

static int copy_up_one(struct fs *fs, uint32_t id, uint64_t length)
{
	auto_ref struct ref source = REF_NONE;
	struct place place;
	int r = 0;

	state_lock_nodes(fs, &id, 1);
	locate_place_held(fs, id, &place);
	bool nameless = place.flags & NODE_UNLINKED;
	uint32_t upper = nameless ? 0 : locate_upper_real(fs, place.parent);
	/* A lookup may have moved the node to another of its names meanwhile. If that name's
	 * directory is not in the upper layer yet (UPPER is 0), do nothing: the caller copies the
	 * directory up and calls again. */
	if (!(place.flags & NODE_UPPER) && (nameless || upper)) {
		r = locate_node_open(fs, id, &source);
		if (r >= 0)
			r = copy_up_to(fs, id, &place, source.fd, upper, length);
	}
	locate_release(fs, &place);
	state_unlock_nodes(fs, &id, 1);
	return r < 0 ? r : 0;
}

/* Copies the first LENGTH bytes of its data into a metacopy in the upper layer. */
static int fill_in(struct fs *fs, uint32_t id, uint64_t length)
{
	auto_ref struct ref source = REF_NONE;
	auto_ref struct ref target = REF_NONE;
	auto_hold struct hold hold = HOLD_NONE;
	int from = locate_data_open(fs, id, &source);
	int path = from < 0 ? from : locate_node_open(fs, id, &target);
	auto_close int to = path < 0 ? path : locate_open_own(fs, path, O_RDWR);

	if (to < 0)
		return to;
	int r = quota_hold(fs->quota, fs->quota ? blocks_of(from, length) : 0, &hold);
	if (r == 0)
		r = with_room(fs,
			copyup_fill_metacopy(to, from, length, fs->options.class, fs->sync_mode));
	quota_book(fs->quota, to);
	if (r < 0)
		return r;
	pthread_mutex_lock(&fs->table.lock);
	table_begin(&fs->table);
	table_save_node(&fs->table, id);
	drop_data(fs, node_at(&fs->table, id));
	table_commit(&fs->table);
	pthread_mutex_unlock(&fs->table.lock);
	fdcache_drop(&fs->fds, fd_key(FD_READ, id));
	return 0;
}

static bool keeps_data_elsewhere(const struct place *place)
{
	bool elsewhere = place->data && !(place->flags & NODE_INDEXED);

	return elsewhere || place->flags & NODE_NO_DATA;
}

static int fill_in_locked(struct fs *fs, uint32_t id, uint64_t length)
{
	struct place place;
	int r = 0;

	locate_place(fs, id, &place);
	if (!keeps_data_elsewhere(&place))
		return 0;
	state_lock_nodes(fs, &id, 1);
	locate_place(fs, id, &place);
	if (keeps_data_elsewhere(&place))
		r = fill_in(fs, id, length);
	state_unlock_nodes(fs, &id, 1);
	return r;
}

/* Returns the node to copy up next: the topmost of NODE and its ancestors that is not in the upper
 * layer; 0: none is left. */
static uint32_t next_to_copy(struct fs *fs, uint32_t id)
{
	uint32_t missing = 0;

	pthread_mutex_lock(&fs->table.lock);
	for (; id; id = node_at(&fs->table, id)->parent) {
		const struct node *node = node_at(&fs->table, id);
		if (node->flags & NODE_UPPER)
			break;
		missing = id;
		if (node->flags & NODE_UNLINKED)
			break;
	}
	pthread_mutex_unlock(&fs->table.lock);
	return missing;
}

static int copy_up_missing(struct fs *fs, uint32_t id, uint64_t length)
{
	uint32_t next;

	if (!fs->has_upper)
		return -EROFS;
	while ((next = next_to_copy(fs, id))) {
		int r = copy_up_one(fs, next, length);
		if (r < 0)
			return r;
	}
	return 0;
}

/* If NODE is in the index, makes the name by which it was last looked up in the upper layer,
 * too. */
static int link_place(struct fs *fs, uint32_t id)
{
	auto_upper_dir struct upper_dir dir = UPPER_DIR_NONE;
	struct place place;
	int r = 0;

	locate_place_held(fs, id, &place);
	if (place.flags & NODE_UNALIASED && !(place.flags & NODE_UNLINKED)) {
		r = copy_up_missing(fs, place.parent, METADATA);
		if (r == 0)
			r = upper_dir_get(fs, place.parent, &dir);
		if (r == 0)
			r = index_link_add(fs, id, &dir, place.name);
	}
	locate_release(fs, &place);
	return r;
}

static int copy_up(struct fs *fs, uint32_t id, uint64_t length)
{
	int r = copy_up_missing(fs, id, length);

	return r == 0 && fs->index ? link_place(fs, id) : r;
}

int copyup_node_data(struct fs *fs, uint32_t id, uint64_t length)
{
	int r = copy_up(fs, id, length);

	return r < 0 ? r : fill_in_locked(fs, id, length);
}

int copyup_node(struct fs *fs, uint32_t id)
{
	return copy_up(fs, id, METADATA);
}

int upper_dir_open(struct fs *fs, uint32_t node, struct upper_dir *ret)
{
	int r = copyup_node(fs, node);

	return r < 0 ? r : upper_dir_get(fs, node, ret);
}
