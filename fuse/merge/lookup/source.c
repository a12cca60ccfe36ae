/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/lookup/source.h"

#include "common/base/beneath.h"
#include "common/base/scope.h"
#include "common/overlay/engine_marks.h"
#include "common/overlay/marks.h"
#include "fuse/merge/descriptors/limits.h"
#include "fuse/merge/descriptors/locate.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* Returns -EXDEV if something is mounted on NAME. Asks for no attributes: the mount may be this
 * one, and would have to answer itself. */
static int check_no_mount(struct fs *fs, uint16_t layer, int dirfd, const char *name)
{
	if (fs->layers[layer].private)
		return 0;
	auto_close int fd = with_room(fs, locate_open_in(fs, layer, dirfd, name, O_PATH));
	return fd == -EXDEV ? fd : 0;
}

/* Looks for files of fuse-overlayfs that are marks, in the upper directory FD. */
static uint16_t find_marks(int fd)
{
	auto_close int list = sys(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_closedir DIR *dir = list < 0 ? NULL : fdopendir(list);
	struct dirent *entry;

	if (!dir)
		return REAL_MARKS_KNOWN | REAL_MARKS;
	int raw = steal_fd(&list);
	while ((entry = readdir(dir)))
		if (!engine_mark_is_opaque(entry->d_name) && engine_mark_at(raw, entry->d_name))
			return REAL_MARKS_KNOWN | REAL_MARKS;
	return REAL_MARKS_KNOWN;
}

/* Tells QUERY whether the directory holds such marks. Only in a merged directory do they matter,
 * since they hide lower names. */
static void ask_for_marks(struct fs *fs, uint32_t real, int fd, struct layer_query *query)
{
	uint16_t found = 0;

	pthread_mutex_lock(&fs->table.lock);
	uint16_t flags = real_at(&fs->table, real)->flags;
	bool merged = real_at(&fs->table, real)->below;
	pthread_mutex_unlock(&fs->table.lock);
	if (merged && !(flags & REAL_MARKS_KNOWN))
		found = find_marks(fd);
	if (found) {
		pthread_mutex_lock(&fs->table.lock);
		real_at(&fs->table, real)->flags |= found;
		pthread_mutex_unlock(&fs->table.lock);
	}
	query->opaque_file = merged;
	query->aufs_beside &= merged && (flags | found) & REAL_MARKS;
}

static void complete_query(struct fs *fs, uint32_t real, int fd, struct layer_query *query)
{
	uint16_t flags = locate_real_flags(fs, real);

	query->upper = locate_real_is_upper(fs, real);
	query->has_origins = locate_real_was_upper(fs, real);
	query->rules = (struct layer_rules){ .class = fs->options.class,
		.aufs = locate_has_aufs(fs, real),
		.engine = locate_has_engine_marks(fs, real) };
	query->override = fs->options.ownership == OWNERSHIP_OVERRIDE;
	query->special_marks = flags & REAL_IMPURE;
	if (query->rules.engine)
		ask_for_marks(fs, real, fd, query);
	else
		query->aufs_beside &= query->rules.aufs && !(flags & REAL_NO_AUFS);
}

static int read_anew(
	const struct layer_query *query, int dirfd, const char *name, struct layer_name *ret)
{
	free(ret->redirect);
	return layer_name_read(query, dirfd, name, ret);
}

static int read_name(struct fs *fs, const struct layer_query *query, int dirfd, const char *name,
	struct layer_name *ret)
{
	ret->redirect = NULL;
	return without_loans(&fs->loans, &ret->st, read_anew(query, dirfd, name, ret));
}

/* The mode of NAME itself refuses this daemon. Reads the marks with a loan; returns CODE if that
 * does not help. */
static int read_refused(struct fs *fs, const struct layer_query *query, int dirfd, const char *name,
	struct layer_name *ret, int code)
{
	auto_loan struct loan loan = LOAN_NONE;
	auto_close int fd = with_room(
		fs, sys(openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC)));

	if (fd < 0 || loan_take(&fs->loans, fd, S_IRUSR, &loan) < 0)
		return code;
	if (code == 0)
		free(ret->redirect);
	return read_name(fs, query, dirfd, name, ret);
}

int source_read(struct fs *fs, uint32_t real, const char *name, struct layer_query *query,
	struct layer_name *ret)
{
	auto_ref struct ref dir = REF_NONE;
	int r = component_check(name, strlen(name));
	int fd = r < 0 ? r : locate_real_fd(fs, real, &dir);

	if (fd < 0)
		return fd;
	complete_query(fs, real, fd, query);
	r = check_no_mount(fs, real_at(&fs->table, real)->layer, fd, name);
	if (r < 0)
		return r;
	r = with_loan(&fs->loans, fd, S_IXUSR, read_name(fs, query, fd, name, ret));
	if (r == -EACCES || (r == 0 && ret->refused))
		r = read_refused(fs, query, fd, name, ret, r);
	if (r < 0 || ret->kind != LAYER_DIRECTORY ||
		!roots_have(&fs->roots, ret->st.st_dev, ret->st.st_ino))
		return r;
	free(ret->redirect);
	return -ELOOP;
}

uint16_t source_real_flags(const struct layer_name *name)
{
	return (uint16_t)((name->xattr_whiteouts ? REAL_XWHITEOUTS : 0) |
			  (name->marks & MARK_IMPURE ? REAL_IMPURE : 0));
}
