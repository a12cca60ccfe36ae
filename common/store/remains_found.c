/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/remains_found.h"

#include "common/base/error.h"
#include "common/base/readdir.h"
#include "common/base/scope.h"
#include "common/store/files/smallfile.h"
#include "common/store/kept_blob_name.h"
#include "common/store/store_struct.h"
#include "common/store/switch_names.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* ---- the mark in RUN ---- */

static void mark_path(const char *id, char ret[sizeof(REMAINS_MARKS "/") + ID_MAX])
{
	snprintf(ret, sizeof(REMAINS_MARKS "/") + ID_MAX, REMAINS_MARKS "/%s", id);
}

/* Makes the mark. A failure is ignored, since RUN may be as full as HOME. Without the mark, a
 * kill between the first two deletions leaves a layer that only 'check' can repair. */
void remains_mark(const struct shale_store *store, const char *id)
{
	char path[sizeof(REMAINS_MARKS "/") + ID_MAX];

	mark_path(id, path);
	(void)mkdirat(store->run, REMAINS_MARKS, 0700);
	(void)smallfile_create(store->run, path, "", 0600);
}

static bool is_marked(const struct shale_store *store, const char *id)
{
	char path[sizeof(REMAINS_MARKS "/") + ID_MAX];

	mark_path(id, path);
	return smallfile_exists(store->run, path) == 1;
}

void remains_unmark(const struct shale_store *store, const char *id)
{
	char path[sizeof(REMAINS_MARKS "/") + ID_MAX];

	mark_path(id, path);
	unlinkat(store->run, path, 0);
}

/* Tells whether a directory holds only parts of a layer. A directory without layer.json may be a
 * user's own, and must not be deleted then. */
static int holds_only_parts(int dirfd)
{
	static const char *const parts[] = { ".", "..", "diff", "lower", "work", "merged",
		"committed", "index", "sums", "stream", "image.json", SWITCH_NEXT };
	auto_closedir DIR *dir = dir_list(dirfd, ".");
	struct dirent *entry;
	bool known = true;
	int more = 0;

	if (!dir)
		return -errno;
	while (known && (more = dir_next(dir, &entry)) > 0) {
		known = kept_blob_is_name(entry->d_name);
		for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
			known |= !strcmp(entry->d_name, parts[i]);
	}
	return more < 0 ? more : known;
}

int remains_at(const struct shale_store *store, const char *id)
{
	struct stat st;
	char path[ID_MAX + sizeof("/layer.json")];

	if (store->engine != ENGINE_SHALE)
		return 0;
	snprintf(path, sizeof(path), "%s/layer.json", id);
	int r = sys(fstatat(store->home, path, &st, AT_SYMLINK_NOFOLLOW));
	if (r != -ENOENT)
		return r < 0 && r != -ENOTDIR ? r : 0;
	auto_close int dir = sys(
		openat(store->home, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (dir < 0)
		return dir == -ENOENT || dir == -ENOTDIR || dir == -ELOOP ? 0 : dir;
	return is_marked(store, id) ? 1 : holds_only_parts(dir);
}
