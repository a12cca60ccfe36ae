/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/change/make_redirect.h"
#include "fuse/merge/lookup/find.h"

#include "common/base/scope.h"
#include "common/overlay/redirect_xattr.h"

#include <string.h>

bool make_redirect_is_needed(struct fs *fs, uint32_t node)
{
	struct place place;

	locate_place(fs, node, &place);
	bool metacopy = place.data && !(place.flags & NODE_INDEXED);
	return metacopy || place.flags & NODE_NO_DATA || locate_is_merged(fs, node);
}

/* A path that is built from its end to its start, at the end of TEXT. */
struct path {
	char text[REDIRECT_MAX + 1];
	size_t at;
};

static int put(struct path *path, const char *text)
{
	size_t length = strlen(text);

	if (length > path->at)
		return -EXDEV;
	path->at -= length;
	memcpy(path->text + path->at, text, length);
	return 0;
}

static int redirect_of(struct fs *fs, uint32_t node, char **ret)
{
	auto_ref struct ref ref = REF_NONE;
	int fd = locate_node_fd(fs, node, &ref);

	return fd < 0 ? fd : redirect_get(fd, fs->options.class, ret);
}

/* Builds the path of NODE in the lower layers: the path of its parent there, then the node's own
 * redirect or name. */
static int make_absolute(struct fs *fs, uint32_t node, struct path *path)
{
	struct place place;

	for (; node != ROOT_NODE; node = place.parent) {
		auto_free char *redirect = NULL;
		int r = 0;
		locate_place(fs, node, &place);
		if (place.flags & NODE_UPPER)
			r = redirect_of(fs, node, &redirect);
		if (r < 0)
			return r;
		r = put(path, redirect ? redirect : place.name);
		if (r == 0 && redirect && *redirect == '/')
			return 0;
		if (r == 0)
			r = put(path, "/");
		if (r < 0)
			return r;
	}
	return 0;
}

/* Returns the link count of the topmost lower inode from which NAME in PARENT was copied up. */
static int lower_links(struct fs *fs, uint32_t parent, const char *name)
{
	auto_found struct found found;

	found_init(&found);
	int r = find_in_lower_layers(fs, parent, name, &found);
	return r < 0 ? r : (int)found.st.st_nlink;
}

/* Whether the redirect must be a path. A redirect that is a single name is looked up in the node's
 * own directory. That fails if the node moves to another directory, and for a lower hard link with
 * names in other directories. */
static int needs_path(struct fs *fs, uint32_t node, bool same_dir, const char *redirect)
{
	struct place place;

	if (!same_dir)
		return 1;
	locate_place(fs, node, &place);
	if (place.type == S_IFDIR || (redirect && *redirect == '/'))
		return 0;
	int links = lower_links(fs, place.parent, redirect ? redirect : place.name);
	return links < 0 ? links : links > 1;
}

static int set_redirect(struct fs *fs, uint32_t node, const char *redirect)
{
	auto_ref struct ref ref = REF_NONE;
	int fd = locate_node_fd(fs, node, &ref);
	int r = fd < 0 ? fd
		       : with_loan(&fs->loans, fd, S_IWUSR,
				 redirect_set(fd, fs->options.class, redirect));

	return r < 0 ? -EXDEV : 0;
}

int make_redirect(struct fs *fs, uint32_t node, bool same_dir)
{
	auto_free char *present = NULL;
	struct place place;
	struct path path = { .at = REDIRECT_MAX };
	int r = redirect_of(fs, node, &present);
	int absolute = r < 0 ? r : needs_path(fs, node, same_dir, present);

	if (absolute < 0)
		return absolute;
	if (present && (!absolute || *present == '/'))
		return 0;
	locate_place(fs, node, &place);
	r = absolute ? make_absolute(fs, node, &path) : put(&path, place.name);
	return r < 0 ? r : set_redirect(fs, node, path.text + path.at);
}
