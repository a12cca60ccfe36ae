/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/deferred_dirs.h"

#include "common/archive/acl.h"
#include "common/archive/apply/pathlog.h"
#include "common/archive/apply/dir_cache.h"
#include "common/base/scope.h"
#include "common/base/error.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

/* The times to set on one directory. In the log, the bytes of its ACL follow this struct. */
struct note {
	dev_t dev;
	ino_t ino;
	struct timespec times[2];
	bool has_acl;
};

struct deferred_dirs {
	struct pathlog notes;
};

struct deferred_dirs *deferred_dirs_new(void)
{
	struct deferred_dirs *dirs = malloc(sizeof(*dirs));

	if (dirs)
		dirs->notes = PATHLOG;
	return dirs;
}

void deferred_dirs_free(struct deferred_dirs *dirs)
{
	if (!dirs)
		return;
	pathlog_free(&dirs->notes);
	free(dirs);
}

int deferred_dirs_add(struct deferred_dirs *dirs, const char *path, int fd,
	const struct timespec times[2], char *acl, size_t size)
{
	auto_free char *taken = acl;
	auto_free char *note = calloc(1, sizeof(struct note) + size);
	struct stat st;

	if (!note)
		return -ENOMEM;
	if (fstat(fd, &st) < 0)
		return -errno;
	memcpy(note, &(struct note){ st.st_dev, st.st_ino, { times[0], times[1] }, acl != NULL },
		sizeof(struct note));
	if (size)
		memcpy(note + sizeof(struct note), taken, size);
	return pathlog_add(&dirs->notes, path, note, sizeof(struct note) + size);
}

static int run_note(struct dir_cache *cache, const struct pathlog_entry *entry,
	const struct restore *restore, struct shale_error *err)
{
	struct note note;
	struct stat st;
	auto_close int fd = dir_cache_open(cache, entry->path, NULL, NULL);

	memcpy(&note, entry->extra, sizeof(note));
	/* A later entry may have replaced the directory by a file or a link. */
	if (fd == -ENOENT || fd == -ENOTDIR || fd == -ELOOP)
		return 0;
	if (fd < 0)
		return error_fail(err, fd, "open it again");
	if (fstat(fd, &st) < 0)
		return error_fail(err, -errno, "look at it again");
	if (st.st_dev != note.dev || st.st_ino != note.ino)
		return 0;
	int r = 0;
	if (note.has_acl)
		r = restore_xattr(restore, fd, ACL_DEFAULT,
			(const char *)entry->extra + sizeof(note), entry->size - sizeof(note), err);
	if (r < 0)
		return r;
	r = sys(utimensat(fd, ".", note.times, 0));
	return r < 0 ? error_fail(err, r, "set its times") : 0;
}

int deferred_dirs_run(
	struct deferred_dirs *dirs, const struct restore *restore, struct shale_error *err)
{
	struct dir_cache cache = DIR_CACHE(restore->spec->root);
	struct pathlog_entry entry;
	int more, r = 0;

	pathlog_rewind(&dirs->notes);
	while (r == 0 && (more = pathlog_next(&dirs->notes, &entry)) != 0) {
		r = more < 0 ? more : run_note(&cache, &entry, restore, err);
		if (r < 0)
			error_fail(err, r, "apply entry '%.300s'", more < 0 ? "" : entry.path);
	}
	dir_cache_close(&cache);
	return r;
}
