/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/lookup/find.h"

#include "common/base/scope.h"
#include "common/overlay/marks.h"
#include "fuse/merge/descriptors/locate.h"
#include "fuse/merge/lookup/index.h"
#include "fuse/merge/lookup/source.h"

#include <errno.h>
#include <string.h>

/* A search goes down from the topmost layer. Below a layer with a redirect it goes on with the
 * redirect's path instead of the name. An absolute redirect begins at the roots of the lower
 * layers. */
struct search {
	struct found *found;
	const uint32_t *reals; /* real directories of the merged one, topmost first */
	size_t n_reals;
	size_t next;      /* index in REALS of the next directory; if ROOTED, the next layer */
	const char *path; /* the name to look for; if ROOTED, a path that begins with '/' */
	bool redirected;
	bool rooted;
	bool metacopy; /* the file that was found is a metacopy: look for its data in the layers
			  below */
	bool stop;     /* do not look into the layers below */
	size_t n_lower;
	/* How many of the directories found are in the upper layer, or were before a snapshot. The
	 * mount shows the inode number of the first directory below these. */
	size_t n_written;
};

static uint64_t ino_of(struct fs *fs, dev_t dev, uint64_t ino)
{
	pthread_mutex_lock(&fs->table.lock);
	uint16_t filesystem = table_filesystem(&fs->table, dev);
	pthread_mutex_unlock(&fs->table.lock);
	return ino_compose(filesystem, ino);
}

/* Returns the inode number to show for an upper file: that of the lower inode that its origin
 * names; without an origin its own. */
static uint64_t ino_of_origin(struct fs *fs, const struct layer_name *name)
{
	uint64_t ino = name->has_origin ? origin_ino(&name->origin) : 0;

	for (size_t i = fs->top + 1u; ino && i < fs->end; i++)
		if (fs->layers[i].has_uuid && origin_is_on(&name->origin, fs->layers[i].uuid))
			return ino_of(fs, fs->layers[i].dev, ino);
	return ino_of(fs, name->st.st_dev, name->st.st_ino);
}

/* Whether REAL is in the last layer, so that a redirect leads nowhere. */
static bool is_last(struct fs *fs, const struct search *search, uint32_t real)
{
	if (fs->options.redirect == REDIRECT_NOFOLLOW)
		return search->next == search->n_reals;
	return real_at(&fs->table, real)->layer + 1u == fs->end - fs->options.n_data;
}

static void set_redirects(
	struct fs *fs, const struct search *search, uint32_t real, struct layer_query *ret)
{
	bool last = is_last(fs, search, real), data = fs->options.n_data;

	ret->redirect = !last || (search->metacopy && data);
	ret->metacopy_redirect = !last || data;
}

/* Replaces the part COMPONENT of the searched path, whose directory has a redirect, by REDIRECT. */
static int follow(struct fs *fs, struct search *search, uint32_t real, const char *component,
	const char *redirect)
{
	const char *rest = component + strcspn(component, "/");
	size_t before = strlen(search->path) - strlen(component);
	struct held *held = found_hold(
		search->found, fs, 0, before + strlen(redirect) + strlen(rest) + 1);

	if (!held)
		return -ENOMEM;
	search->redirected = search->found->redirected = true;
	if (*redirect != '/') {
		memcpy(held->text, search->path, before);
	} else {
		before = 0;
		search->stop = false;
		search->rooted = true;
		search->next = real_at(&fs->table, real)->layer + 1u;
	}
	strcpy(stpcpy(held->text + before, redirect), rest);
	search->path = held->text;
	return 0;
}

static void take_topmost(
	struct fs *fs, struct found *found, uint32_t real, const struct layer_name *name)
{
	found->st = fs->options.ownership == OWNERSHIP_OVERRIDE ? name->shown : name->st;
	found->where = real;
	found->upper = locate_real_is_upper(fs, real);
	found->ino = ino_of_origin(fs, name);
	found->linked = name->linked;
	found->has_origin = name->has_origin;
	if (name->has_origin) {
		found->origin = found->upper;
		found->origin_mark = name->origin;
	}
	/* Only of a lower file: an upper file may have protection flags in an xattr. */
	found->unprotected = !name->protected && !found->upper;
	/* Only of a lower file: an upper file may get an xattr before its node is made. */
	found->bare = name->marks == MARK_BARE && !found->upper;
}

static void take_directory(struct fs *fs, struct found *found, uint32_t real, const char *component,
	const struct layer_name *name)
{
	if (locate_real_is_upper(fs, real)) {
		found->origin = name->marks & MARK_ORIGIN;
		found->opaque = name->opaque;
	}
	found->dirs[found->n_dirs++] = (struct spot){
		.parent = real, .flags = source_real_flags(name), .name = component
	};
}

static void take_file(
	struct search *search, uint32_t real, const char *component, const struct layer_name *name)
{
	struct found *found = search->found;

	if (!name->metacopy && search->metacopy) {
		found->data = (struct spot){ .parent = real, .name = component };
		found->st.st_blocks = name->st.st_blocks;
	}
	search->metacopy = name->metacopy;
}

static void take(struct fs *fs, struct search *search, uint32_t real, const char *component,
	const struct layer_name *name)
{
	struct found *found = search->found;

	search->n_lower += !locate_real_is_upper(fs, real);
	if (!found->where)
		take_topmost(fs, found, real, name);
	else if (found->n_dirs && found->n_dirs == search->n_written)
		/* A merged directory keeps the number that it had before its copy-up. */
		found->ino = ino_of(fs, name->st.st_dev, name->st.st_ino);
	search->n_written += locate_real_was_upper(fs, real);
	if (name->kind == LAYER_DIRECTORY)
		take_directory(fs, found, real, component, name);
	else
		take_file(search, real, component, name);
}

/* Looks for the last part of the path, COMPONENT, in the real directory REAL. */
static int look(struct fs *fs, struct search *search, uint32_t real, const char *component)
{
	struct found *found = search->found;
	struct layer_query query = { .topmost = !found->where, .aufs_beside = true };
	struct layer_name name;

	set_redirects(fs, search, real, &query);
	/* Only directories can be merged with a directory, and only a regular file can hold a
	 * metacopy's data. */

	if (found->where)
		query.fits = found->n_dirs ? S_IFDIR : S_IFREG;
	int r = source_read(fs, real, component, &query, &name);
	if (r < 0)
		return r;
	if (name.kind != LAYER_NOTHING && name.kind != LAYER_WHITEOUT)
		take(fs, search, real, component, &name);
	search->stop |= name.hides;
	if (!name.redirect)
		return 0;
	r = follow(fs, search, real, component, name.redirect);
	/* An opaque directory does not end the search for an absolute redirect's target, but a
	 * whiteout does. */
	search->stop |= name.hides;
	free(name.redirect);
	return r;
}

/* Takes one step on the path of an absolute redirect: makes REAL the directory STEP_NAME in it.
 * Returns 1, or 0 if there is no such directory. */
static int step(struct fs *fs, struct search *search, uint32_t *real, const char *step_name,
	const char *component)
{
	struct layer_query query = { .fits = S_IFDIR };
	struct layer_name name;

	set_redirects(fs, search, *real, &query);
	int r = source_read(fs, *real, step_name, &query, &name);
	if (r < 0)
		return r;
	search->stop |= name.hides;
	if (name.kind != LAYER_DIRECTORY)
		return 0;
	if (name.redirect)
		r = follow(fs, search, *real, component, name.redirect);
	free(name.redirect);
	if (r < 0)
		return r;
	pthread_mutex_lock(&fs->table.lock);
	uint16_t layer = real_at(&fs->table, *real)->layer;
	uint32_t child = real_add(&fs->table, layer, *real, step_name, 0);
	if (child)
		real_at(&fs->table, child)->flags = source_real_flags(&name);
	pthread_mutex_unlock(&fs->table.lock);
	if (!child || !found_hold(search->found, fs, child, 0))
		return -ENOMEM;
	*real = child;
	return 1;
}

static int look_at_path(struct fs *fs, struct search *search, uint32_t real)
{
	const char *component = search->path + 1;
	char name[NAME_SIZE];

	for (;;) {
		size_t length = strcspn(component, "/");
		if (!component[length])
			return look(fs, search, real, component);
		if (length >= sizeof(name))
			return 0;
		memcpy(name, component, length);
		name[length] = 0;
		int r = step(fs, search, &real, name, component);
		if (r <= 0)
			return r;
		component += length + 1;
	}
}

/* Returns the next real directory to look into; 0: there is none. */
static uint32_t next_real(struct fs *fs, struct search *search)
{
	if (!search->rooted)
		return search->next < search->n_reals ? search->reals[search->next++] : 0;
	return search->next < fs->end - fs->options.n_data ? fs->layers[search->next++].real : 0;
}

/* Whether the search may follow the redirect or metacopy that it found. Only if the mount was asked
 * to: otherwise the maker of a layer could lead it to other directories. */
static bool may_follow(struct fs *fs, const struct search *search)
{
	return (!search->metacopy || fs->options.metacopy) &&
	       (!search->redirected || fs->options.redirect != REDIRECT_NOFOLLOW);
}

/* Looks for the data of a metacopy in the layers that hold only data ("::" in lowerdir). */
static int look_in_data_layers(struct fs *fs, struct search *search)
{
	int r = 0;

	for (size_t i = fs->end - fs->options.n_data; i < fs->end && r == 0; i++) {
		search->stop = false;
		r = look_at_path(fs, search, fs->layers[i].real);
		if (search->found->data.parent)
			return r;
	}
	search->found->no_data = true;
	search->metacopy = false;
	return r;
}

static int find_data(struct fs *fs, struct search *search)
{
	if (search->metacopy && search->n_lower && fs->options.n_data && search->rooted)
		return look_in_data_layers(fs, search);
	if (!may_follow(fs, search))
		return -EPERM;
	return search->metacopy ? -EIO : 0;
}

/* Looks FOUND up in the index. Without an index, the names of a lower hard link show the same inode
 * number after a copy-up, although they are different files then. */
static int find_in_index(struct fs *fs, const char *name, struct found *found)
{
	int r = 0;

	if (fs->index && found->where && !found->n_dirs)
		r = index_find(fs, name, found);
	if (r == 0 && found->linked && !found->indexed)
		found->ino = ino_of(fs, found->st.st_dev, found->st.st_ino);
	return r;
}

int find_in_layers(
	struct fs *fs, const uint32_t *reals, size_t n, const char *name, struct found *ret)
{
	struct search search = { .found = ret, .reals = reals, .n_reals = n, .path = name };
	uint32_t real;
	int r = 0;

	ret->copyup_changes = atomic_load(&fs->copyup_changes);
	if (strlen(name) >= NAME_SIZE)
		return -ENAMETOOLONG;
	while (r == 0 && !search.stop && (real = next_real(fs, &search))) {
		if (!may_follow(fs, &search))
			return -EPERM;
		r = search.rooted ? look_at_path(fs, &search, real)
				  : look(fs, &search, real, search.path);
	}
	if (r == 0)
		r = find_data(fs, &search);
	if (r == 0)
		r = find_in_index(fs, name, ret);
	if (r < 0)
		return r;
	return ret->where ? 0 : -ENOENT;
}

int find_in_lower_layers(struct fs *fs, uint32_t node, const char *name, struct found *ret)
{
	uint32_t reals[MOST_LAYERS];
	size_t n = locate_reals(fs, node, reals);
	size_t skip = n && locate_real_is_upper(fs, reals[0]) ? 1 : 0;

	return find_in_layers(fs, reals + skip, n - skip, name, ret);
}
