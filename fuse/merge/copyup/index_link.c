/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/copyup/index_link.h"

#include "common/base/scope.h"
#include "common/overlay/opath.h"
#include "common/overlay/indexdir.h"
#include "fuse/merge/descriptors/locate.h"
#include "fuse/merge/lookup/index.h"
#include "fuse/merge/lookup/upper_marks.h"

#include <fcntl.h>
#include <string.h>

int index_link_copy_up(const struct fs *fs, const struct copyup_run *what, char ret_name[NAME_SIZE])
{
	struct copyup_run copy = *what;
	int r = indexdir_name_of(what->origin, ret_name);

	if (r < 0)
		return -EIO;
	copy.dir = fs->index->fd;
	copy.name = ret_name;
	copy.more_links = (int)what->st->st_nlink - 1;
	return copyup_run(&copy, NULL);
}

/* Adds a link that the mount already counts. Done in two steps, so that a crash in between never
 * leaves a wrong count: meanwhile the count is stored relative to the lower inode, whose own link
 * count does not change. */
static int add_link(struct fs *fs, int fd, int dirfd, const char *name)
{
	enum xattr_class class = fs->options.class;
	int more = indexdir_more_links(fd, class);
	auto_close int lower = -1;
	struct origin origin;
	struct stat st, lower_st;

	if (fstat(fd, &st) < 0)
		return -errno;
	int r = origin_get(fd, class, &origin);
	for (size_t i = fs->top + 1u; r == 1 && lower < 0 && i < fs->end; i++)
		if (fs->layers[i].has_uuid && origin_is_on(&origin, fs->layers[i].uuid))
			lower = origin_open(fs->layers[i].fd, &origin);
	if (r <= 0 || lower < 0 || fstat(lower, &lower_st) < 0)
		return r < 0 ? r : -EIO;
	int shown = (int)st.st_nlink + more;
	r = indexdir_set_links(fd, class, INDEX_LOWER, shown - (int)lower_st.st_nlink);
	if (r < 0)
		return r;
	int linked = opath_link(fd, dirfd, name);
	r = indexdir_set_links(fd, class, INDEX_UPPER, more - (linked == 0));
	return linked < 0 && linked != -EEXIST ? linked : r;
}

/* Adds the name and restores the times of the directory, as the kernel does: no user has changed
 * the directory. */
static int add_link_quietly(struct fs *fs, int fd, int dirfd, const char *name)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (fstat(dirfd, &st) < 0)
		return -errno;
	pthread_mutex_lock(&fs->index->lock);
	int r = add_link(fs, fd, dirfd, name);
	pthread_mutex_unlock(&fs->index->lock);
	const struct timespec times[] = { st.st_atim, st.st_mtim };
	(void)opath_utimens(dirfd, times);
	return r;
}

/* Notes in the table that NODE's name is in the upper layer; not if a lookup has moved NODE to
 * another of its names meanwhile. */
static void note_linked(struct fs *fs, uint32_t id, uint32_t parent, const char *name)
{
	pthread_mutex_lock(&fs->table.lock);
	struct node *node = node_at(&fs->table, id);
	if (node->parent == parent && !strcmp(names_get(&fs->table.names, node->name), name))
		node->flags &= (uint16_t)~NODE_UNALIASED;
	pthread_mutex_unlock(&fs->table.lock);
}

int index_link_add(struct fs *fs, uint32_t id, const struct upper_dir *dir, const char *name)
{
	auto_ref struct ref ref = REF_NONE;
	int r = locate_node_open(fs, id, &ref);

	if (r >= 0)
		r = upper_marks_set_impure(fs, dir->real, dir->ref.fd);
	if (r == 0)
		r = add_link_quietly(fs, ref.fd, dir->ref.fd, name);
	if (r < 0)
		return r;
	quota_book(fs->quota, dir->ref.fd);
	quota_book(fs->quota, ref.fd);
	note_linked(fs, id, dir->node, name);
	return 0;
}

void index_link_drop(struct fs *fs, uint32_t id)
{
	auto_ref struct ref ref = REF_NONE;
	struct place place;
	struct stat st;

	if (!fs->index || !id)
		return;
	locate_place(fs, id, &place);
	if (!(place.flags & NODE_INDEXED) || locate_node_fd(fs, id, &ref) < 0 ||
		index_stat(fs, ref.fd, &st) < 0 || st.st_nlink > 0)
		return;
	pthread_mutex_lock(&fs->table.lock);
	struct node *node = node_at(&fs->table, id);
	char name[NAME_SIZE];
	strcpy(name, names_get(&fs->table.names, real_at(&fs->table, node->data)->name));
	table_begin(&fs->table);
	table_save_node(&fs->table, id);
	real_unref(&fs->table, node->data);
	node->data = 0;
	node->flags &= (uint16_t) ~(NODE_INDEXED | NODE_UNALIASED);
	table_commit(&fs->table);
	pthread_mutex_unlock(&fs->table.lock);
	(void)unlinkat(fs->index->fd, name, 0);
}
