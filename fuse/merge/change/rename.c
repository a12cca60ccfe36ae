/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/change/change.h"
#include "fuse/merge/attr/chattr.h"
#include "fuse/merge/change/make_redirect.h"
#include "fuse/merge/change/rename_end.h"
#include "fuse/merge/copyup/index_link.h"

#include "common/base/scope.h"
#include "common/overlay/aufs.h"
#include "common/overlay/opath.h"
#include "common/overlay/whiteout.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>

static int open_end(struct fs *fs, uint32_t parent, const char *name, struct rename_end *ret)
{
	struct place place;
	int r = fs_lookup_node(fs, parent, name, &ret->node);

	ret->name = name;
	if (r == -ENOENT)
		ret->node = 0;
	else if (r < 0)
		return r;
	if (ret->node) {
		locate_place(fs, ret->node, &place);
		ret->flags = place.flags;
		ret->directory = place.type == S_IFDIR;
	}
	return 0;
}

static void refresh_flags(struct fs *fs, struct rename_end *end)
{
	struct place place;

	if (!end->node)
		return;
	locate_place(fs, end->node, &place);
	end->flags = place.flags;
}

/* Whether END is a directory that shows lower names. For other directories the upper filesystem
 * itself checks that a replaced one is empty. */
static bool shows_lower(struct fs *fs, const struct rename_end *end)
{
	return end->directory && (!(end->flags & NODE_UPPER) || locate_is_merged(fs, end->node));
}

/* Whether END can move. A lower directory is found by its name, so a directory that shows lower
 * names needs a redirect to move. Without redirects the answer is EXDEV. */
static bool can_move(struct fs *fs, const struct rename_end *end)
{
	return fs->options.redirect == REDIRECT_MAKE || !shows_lower(fs, end);
}

/* Checks the target before anything is copied up. */
static int check_target(struct fs *fs, const struct rename_end *to)
{
	if (!to->node || !shows_lower(fs, to))
		return 0;
	pthread_rwlock_rdlock(&fs->tree);
	int r = change_check_empty(fs, to->node);
	pthread_rwlock_unlock(&fs->tree);
	return r;
}

/* The source, its parent and a replaced target must be neither immutable nor append-only; a
 * directory that gets a new name must not be immutable. */
static int check_protection(struct fs *fs, uint32_t parent, uint32_t new_parent,
	const struct rename_end *from, const struct rename_end *to)
{
	int target = to->node ? PROTECTED_FL : FS_IMMUTABLE_FL;
	int r = chattr_check(fs, parent, PROTECTED_FL);

	if (r == 0)
		r = chattr_check(fs, from->node, PROTECTED_FL);
	if (r == 0)
		r = chattr_check(fs, new_parent, target);
	return r < 0 ? r : chattr_check(fs, to->node, PROTECTED_FL);
}

static int prepare(struct fs *fs, uint32_t parent, uint32_t new_parent, struct rename_end *from,
	struct rename_end *to, unsigned int flags)
{
	if (!from->node || (flags & RENAME_EXCHANGE && !to->node))
		return -ENOENT;
	if (flags & RENAME_NOREPLACE && to->node)
		return -EEXIST;
	int r = check_protection(fs, parent, new_parent, from, to);
	if (r < 0)
		return r;
	if (!can_move(fs, from) || (flags & RENAME_EXCHANGE && !can_move(fs, to)))
		return -EXDEV;
	r = flags & RENAME_EXCHANGE ? 0 : check_target(fs, to);
	if (r == 0)
		r = copyup_node(fs, from->node);
	if (r == 0)
		r = upper_dir_open(fs, parent, &from->dir);
	if (r == 0)
		r = upper_dir_open(fs, new_parent, &to->dir);
	if (r == 0 && flags & RENAME_EXCHANGE)
		r = copyup_node(fs, to->node);
	if (r == 0)
		r = change_index_link(fs, from->node, &from->dir, from->name);
	if (r == 0)
		r = change_index_link(fs, to->node, &to->dir, to->name);
	if (r == 0 && !to->node)
		r = quota_hold(fs->quota, QUOTA_BLOCK, &to->hold);
	refresh_flags(fs, from);
	refresh_flags(fs, to);
	return r;
}

/* Marks END before it moves to DESTINATION. If it has lower parts, sets a redirect, so that they
 * are found from the new name. Otherwise marks it opaque, so that it does not show a lower
 * directory of the new name. */
static int mark_lower_parts(
	struct fs *fs, const struct rename_end *end, const struct rename_end *destination)
{
	auto_ref struct ref ref = REF_NONE;

	if (make_redirect_is_needed(fs, end->node))
		return make_redirect(fs, end->node, end->dir.node == destination->dir.node);
	if (!end->directory || !destination->dir.merged || end->flags & NODE_OPAQUE)
		return 0;
	int fd = locate_node_fd(fs, end->node, &ref);
	int r = fd < 0 ? fd : with_loan(&fs->loans, fd, S_IWUSR, upper_whiteout_set_opaque(fs, fd));
	if (r < 0)
		return -EXDEV;
	pthread_mutex_lock(&fs->table.lock);
	node_at(&fs->table, end->node)->flags |= NODE_OPAQUE;
	pthread_mutex_unlock(&fs->table.lock);
	return 0;
}

static int mark_new_parent_impure(
	struct fs *fs, const struct rename_end *end, const struct rename_end *destination)
{
	if (end->dir.real == destination->dir.real || !(end->flags & NODE_ORIGIN))
		return 0;
	return upper_marks_set_impure(fs, destination->dir.real, destination->dir.ref.fd);
}

/* Replaces the target by a new, empty directory. The target shows no names, but may hold whiteouts,
 * with which rename(2) would fail. */
static int clear_target(struct fs *fs, const struct rename_end *to)
{
	char old[TEMP_NAME_MAX];
	auto_ref struct ref ref = REF_NONE;
	struct stat st;
	int r = change_check_empty(fs, to->node);

	if (r < 0 || !(to->flags & NODE_UPPER))
		return r;
	int fd = locate_node_fd(fs, to->node, &ref);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fd < 0 ? fd : -errno;
	auto_close int dir = opath_reopen(fd, O_RDONLY | O_DIRECTORY);
	auto_closedir DIR *list = dir < 0 ? NULL : fdopendir(dir);
	if (!list)
		return dir < 0 ? dir : -ENOMEM;
	dir = -1;
	size_t n = 0;
	while (n < 3 && readdir(list))
		n++;
	if (n < 3)
		return 0;
	struct copyup_run what = { .source = fd,
		.st = &st,
		.work = fs->work,
		.dir = to->dir.ref.fd,
		.name = to->name,
		.class = fs->options.class,
		.lacks = fs->lacks,
		.opaque = true,
		.replace = true };
	auto_close int made = copyup_run(&what, old);
	if (made < 0)
		return made;
	work_remove(fs->work, old);
	quota_unlinked(fs->quota, 0, fd);
	quota_book_at(fs->quota, to->dir.ref.fd, to->name);
	return 0;
}

/* Renames on upper filesystems that lack RENAME_WHITEOUT. The old name stays until a whiteout
 * replaces it, so that after a crash the file has two names, and never none. */
static int rename_then_whiteout(
	struct fs *fs, const struct rename_end *from, const struct rename_end *to)
{
	char temp[TEMP_NAME_MAX];

	tempname_make(temp);
	int r = upper_marks_set_xwhiteouts(fs, from->dir.real, from->dir.ref.fd);
	if (r == 0)
		r = upper_whiteout_make(fs, fs->work, temp);
	if (r < 0)
		return r;
	r = sys(renameat(from->dir.ref.fd, from->name, to->dir.ref.fd, to->name));
	if (r == 0)
		r = sys(renameat(fs->work, temp, from->dir.ref.fd, from->name));
	else
		unlinkat(fs->work, temp, 0);
	return r;
}

static int hide_and_rename(const struct rename_end *from, const struct rename_end *to)
{
	int made = aufs_hide(from->dir.ref.fd, from->name);
	int r = made < 0 ? made
			 : sys(renameat(from->dir.ref.fd, from->name, to->dir.ref.fd, to->name));

	if (r < 0 && made > 0)
		aufs_unhide(from->dir.ref.fd, from->name);
	return r;
}

static int rename_with_whiteout(
	struct fs *fs, const struct rename_end *from, const struct rename_end *to)
{
	if (state_whiteout_kind(fs) == WHITEOUT_BESIDE)
		return hide_and_rename(from, to);
	if (!(fs->lacks & LACKS_RENAME_WHITEOUT)) {
		int r = sys(renameat2(
			from->dir.ref.fd, from->name, to->dir.ref.fd, to->name, RENAME_WHITEOUT));
		if (r != -EINVAL && r != -EPERM && r != -ENOSYS)
			return r;
	}
	return rename_then_whiteout(fs, from, to);
}

static int rename_upper(struct fs *fs, const struct rename_end *from, const struct rename_end *to,
	unsigned int flags)
{
	int old_dir = from->dir.ref.fd, new_dir = to->dir.ref.fd;

	if (flags & RENAME_EXCHANGE)
		return fs->lacks & LACKS_EXCHANGE ? -EINVAL
						  : sys(renameat2(old_dir, from->name, new_dir,
							    to->name, RENAME_EXCHANGE));
	int whiteout = upper_whiteout_is(fs, new_dir, to->name);
	int lower = from->dir.merged ? lookup_lower_has(fs, from->dir.node, from->name) : 0;
	if (whiteout < 0 || lower < 0)
		return whiteout < 0 ? whiteout : lower;
	/* This filesystem cannot exchange names, and a rename cannot replace a whiteout by a
	 * directory: remove the whiteout. */
	if (whiteout && from->directory && fs->lacks & LACKS_EXCHANGE) {
		if (unlinkat(new_dir, to->name, 0) < 0)
			return -errno;
		whiteout = false;
	}
	/* Exchange the names. So the whiteout moves to the old name, where it stays if a lower
	 * layer has that name. */
	if (whiteout && !(fs->lacks & LACKS_EXCHANGE) && (lower || from->directory)) {
		int r = lower ? upper_marks_set_xwhiteouts(fs, from->dir.real, old_dir) : 0;
		if (r == 0)
			r = sys(renameat2(old_dir, from->name, new_dir, to->name, RENAME_EXCHANGE));
		if (r == 0 && !lower)
			unlinkat(old_dir, from->name, 0);
		return r;
	}
	if (lower)
		return rename_with_whiteout(fs, from, to);
	return sys(renameat(old_dir, from->name, new_dir, to->name));
}

int rename_move_node(
	struct fs *fs, const struct rename_end *end, const struct rename_end *destination)
{
	uint32_t id = end->node;
	int r = 0;

	pthread_mutex_lock(&fs->table.lock);
	struct node *node = node_at(&fs->table, id);
	table_begin(&fs->table);
	table_save_node(&fs->table, id);
	if (node->dirs)
		table_save_real(&fs->table, node->dirs);
	if (node->dirs)
		r = real_move(&fs->table, node->dirs, destination->dir.real, destination->name);
	if (r == 0)
		r = node_place(&fs->table, id, destination->dir.node, destination->dir.real,
			destination->name);
	if (r == 0 && node->flags & NODE_HASHED && node->flags & NODE_BY_NAME)
		node_hash(&fs->table, id,
			&(struct key){ .fs = node->fs,
				.by_name = true,
				.parent = destination->dir.node,
				.name = destination->name });
	table_commit(&fs->table);
	pthread_mutex_unlock(&fs->table.lock);
	return r;
}

/* Renames over a target. On filesystems where a file without a name cannot be used, moves the
 * target away first. Then the filesystem cannot check that a directory is empty, so checks that
 * here. */
static int rename_over(struct fs *fs, const struct rename_end *from, const struct rename_end *to)
{
	bool moves = fs->lacks & LACKS_UNLINKED && to->node && to->directory;
	int r = moves ? change_check_empty(fs, to->node) : 0;
	int pinned = r < 0 ? r : unlinked_pin(fs, to->node);

	r = pinned < 0 ? pinned : rename_upper(fs, from, to, 0);
	/* The directory is of the upper layer alone, and holds a file that is a mark of
	 * fuse-overlayfs. */
	if (r == -ENOTEMPTY && to->directory && clear_target(fs, to) == 0)
		r = rename_upper(fs, from, to, 0);
	if (r < 0 && pinned >= 0)
		unlinked_unpin(fs, to->node, pinned);
	return r;
}

static int rename_locked(struct fs *fs, const struct rename_end *from, const struct rename_end *to,
	unsigned int flags)
{
	auto_loan struct loan from_loan = LOAN_NONE;
	auto_loan struct loan to_loan = LOAN_NONE;
	bool exchange = flags & RENAME_EXCHANGE;
	int r = 0;

	upper_dir_lend(fs, from->node, &from_loan);
	upper_dir_lend(fs, to->node, &to_loan);
	if (!exchange && to->node && shows_lower(fs, to))
		r = clear_target(fs, to);
	if (r == 0)
		r = mark_lower_parts(fs, from, to);
	if (r == 0 && exchange)
		r = mark_lower_parts(fs, to, from);
	if (r == 0)
		r = mark_new_parent_impure(fs, from, to);
	if (r == 0 && exchange)
		r = mark_new_parent_impure(fs, to, from);
	if (r == 0)
		r = exchange ? rename_upper(fs, from, to, flags) : rename_over(fs, from, to);
	if (r < 0)
		return r;
	if (!exchange) {
		index_link_drop(fs, to->node);
		unlinked_note(fs, to->node);
	}
	quota_book(fs->quota, from->dir.ref.fd);
	quota_book(fs->quota, to->dir.ref.fd);
	r = rename_move_node(fs, from, to);
	if (r == 0 && exchange)
		r = rename_move_node(fs, to, from);
	listing_outdate(fs, to->dir.node);
	if (exchange)
		listing_outdate(fs, from->dir.node);
	else
		listing_remove(fs, from->dir.node, from->name);
	return r;
}

static int rename_ends(struct fs *fs, uint32_t parent, uint32_t new_parent, struct rename_end *from,
	struct rename_end *to, unsigned int flags)
{
	int r = prepare(fs, parent, new_parent, from, to, flags);
	const uint32_t nodes[] = { from->node, to->node };

	if (r < 0)
		return r;
	state_lock_nodes(fs, nodes, 2);
	pthread_rwlock_wrlock(&fs->tree);
	r = rename_locked(fs, from, to, flags);
	pthread_rwlock_unlock(&fs->tree);
	state_unlock_nodes(fs, nodes, 2);
	return r;
}

/* Notes both nodes in the kept state. A worker that takes over must find them, and by then their
 * names may be exchanged. */
static void note_nodes(const struct rename_end *from, const struct rename_end *to)
{
	struct kept_change *change = kept_change();

	if (!change)
		return;
	change->from = 0;
	kept_barrier();
	change->to = to->node;
	kept_barrier();
	change->from = from->node;
}

int fs_rename(struct fs *fs, uint32_t parent, const char *name, uint32_t new_parent,
	const char *new_name, unsigned int flags)
{
	struct rename_end from = { .dir = UPPER_DIR_NONE }, to = { .dir = UPPER_DIR_NONE };

	if (flags & ~(unsigned int)(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	if (!fs->has_upper)
		return -EROFS;
	if (strlen(new_name) >= NAME_SIZE)
		return -ENAMETOOLONG;
	int r = change_check_name(fs, new_name);
	if (r < 0)
		return r;
	r = rename_again(fs, parent, name, new_parent, new_name, flags);
	if (r <= 0)
		return r;
	r = open_end(fs, parent, name, &from);
	if (r == 0)
		r = open_end(fs, new_parent, new_name, &to);
	if (r == 0)
		note_nodes(&from, &to);
	if (r == 0)
		r = rename_ends(fs, parent, new_parent, &from, &to, flags);
	upper_dir_close(&from.dir);
	upper_dir_close(&to.dir);
	hold_end(&to.hold);
	if (from.node)
		fs_forget(fs, from.node, 1);
	if (to.node)
		fs_forget(fs, to.node, 1);
	return r;
}
