/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/id.h"
#include "common/store/layer.h"
#include "common/store/store_struct.h"
#include "common/store/files/tree.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Returns the kind of file that NAME is, as a word for 'du'; NULL, with errno, if it cannot be
 * read. */
static const char *kind_of(const struct shale_store *store, const char *name)
{
	struct stat st;

	if (!strcmp(name, "staging") || !strcmp(name, "trash") || !strcmp(name, "images"))
		return name;
	if (!strcmp(name, "l"))
		return "links";
	if (!strcmp(name, LOST_DIR))
		return "lost";
	if (!strcmp(name, "shale.json"))
		return "home";
	if (!id_is_valid(name))
		return "other";
	if (fstatat(store->home, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? "other" : NULL;
	return S_ISDIR(st.st_mode) ? "layer" : "other";
}

static int tell_home(const struct shale_store *store, shale_usage_fn *fn, void *arg)
{
	struct stat st;

	if (fstat(store->home, &st) < 0)
		return -errno;
	struct shale_usage usage = {
		.kind = "home", .name = ".", .bytes = (uint64_t)st.st_blocks * 512, .files = 1
	};
	return fn(&usage, arg);
}

static int tell(const struct shale_store *store, const char *name, shale_usage_fn *fn, void *arg,
	struct shale_error *err)
{
	struct tree_size size;
	int r = tree_size(store->home, name, &size);

	if (r < 0)
		return error_fail(err, r, "add up '%s/%s'", store->home_path, name);
	if (size.inodes == 0)
		return 0;
	const char *kind = kind_of(store, name);
	if (!kind)
		return error_fail(err, -errno, "look at '%s/%s'", store->home_path, name);
	struct shale_usage usage = {
		.kind = kind, .name = name, .bytes = size.bytes, .files = size.inodes
	};
	return fn(&usage, arg);
}

int shale_store_usage(
	struct shale_store *store, shale_usage_fn *fn, void *arg, struct shale_error *err)
{
	struct dirent **entries;
	int r = tell_home(store, fn, arg);
	int n = scandirat(store->home, ".", &entries, NULL, alphasort);

	if (n < 0)
		return error_fail(err, -errno, "list '%s'", store->home_path);
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;

		if (r == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
			r = tell(store, name, fn, arg, err);
		free(entries[i]);
	}
	free(entries);
	return r;
}

int shale_layer_usage(struct shale_store *store, const char *id, uint64_t *ret_bytes,
	uint64_t *ret_files, struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	struct tree_size size;
	int r = layer_open(store, id, &layer, err);

	if (r < 0)
		return r;
	r = tree_size(layer.dir, "diff", &size);
	if (r < 0)
		return error_fail(err, r, "measure layer '%s'", id);
	*ret_bytes = size.bytes;
	*ret_files = size.inodes;
	return 0;
}
