/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/sink.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/blobs.h"
#include "common/image/document.h"
#include "common/image/outfile.h"
#include "common/store/smallfile.h"

static const char layout_file[] = "oci-layout";
static const char layout_text[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
static const char blobs_prefix[] = "blobs/sha256/";

struct dir_sink {
	struct sink base;
	char *path;
	int dir, blobs; /* DIR, DIR/blobs/sha256 */
	struct outfile file;
	bool committed;
	/* What was made here, and goes again if the export fails. */
	bool made_dir, made_blobs, made_sha256, made_layout;
	char **names; /* of new blobs */
	size_t n_names;
};

static int dir_begin(struct sink *sink, struct shale_error *err)
{
	struct dir_sink *dir = (struct dir_sink *)sink;

	outfile_close(&dir->file);
	/* In blobs/, also for the few files that are no blobs: it is one filesystem. */
	return outfile_open(dir->blobs, &dir->file, err);
}

static int dir_write(struct sink *sink, const void *data, size_t size, struct shale_error *err)
{
	struct dir_sink *dir = (struct dir_sink *)sink;
	int r = fd_write_all(dir->file.fd, data, size);

	return r < 0 ? error_fail(err, r, "write '%s'", dir->path) : 0;
}

static int note_new_blob(struct dir_sink *dir, const char *name)
{
	struct stat st;

	if (fstatat(dir->blobs, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	char **names = realloc(dir->names, (dir->n_names + 1) * sizeof(*names));
	if (!names)
		return -ENOMEM;
	dir->names = names;
	names[dir->n_names] = strdup(name);
	return names[dir->n_names] ? (int)++dir->n_names : -ENOMEM;
}

/* A document must not reach the disk before the blobs that it names. */
static int sync_blobs(struct dir_sink *dir)
{
	auto_close int above = sys(openat(dir->blobs, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	int r = above < 0 ? above : sys(fsync(above));

	return r < 0 ? r : sys(fsync(dir->blobs));
}

static int dir_end(struct sink *sink, const char *name, struct shale_error *err)
{
	struct dir_sink *dir = (struct dir_sink *)sink;
	const size_t prefix = sizeof(blobs_prefix) - 1;
	const bool is_blob = strncmp(name, blobs_prefix, prefix) == 0;
	int r = is_blob ? note_new_blob(dir, name + prefix) : sync_blobs(dir);

	if (r >= 0)
		r = outfile_publish(&dir->file, is_blob ? dir->blobs : dir->dir,
			is_blob ? name + prefix : name, err);
	outfile_close(&dir->file);
	return r < 0 ? error_fail(err, r, "layout '%s'", dir->path) : 0;
}

static int dir_read(
	struct sink *sink, const char *name, char **ret, size_t *ret_size, struct shale_error *err)
{
	struct dir_sink *dir = (struct dir_sink *)sink;
	auto_blobs struct blobs *blobs = NULL;
	struct shale_error words = { 0 };
	int r = blobs_dir(dir->path, &blobs, err);

	if (r < 0)
		return r;
	r = blobs_read_document(blobs, name, ret, ret_size, &words);
	if (r < 0 && r != -ENOENT && err)
		*err = words;
	return r;
}

static int dir_commit(struct sink *sink, struct shale_error *err)
{
	struct dir_sink *dir = (struct dir_sink *)sink;
	int r = sys(fsync(dir->dir));

	if (r < 0)
		return error_fail(err, r, "layout '%s'", dir->path);
	dir->committed = true;
	return 0;
}

static void undo(struct dir_sink *dir)
{
	for (size_t i = 0; i < dir->n_names; i++)
		unlinkat(dir->blobs, dir->names[i], 0);
	if (dir->made_sha256)
		unlinkat(dir->dir, "blobs/sha256", AT_REMOVEDIR);
	if (dir->made_blobs)
		unlinkat(dir->dir, "blobs", AT_REMOVEDIR);
	if (dir->made_layout)
		unlinkat(dir->dir, layout_file, 0);
	if (dir->made_dir)
		rmdir(dir->path);
}

static void dir_close(struct sink *sink)
{
	struct dir_sink *dir = (struct dir_sink *)sink;

	outfile_close(&dir->file);
	if (!dir->committed)
		undo(dir);
	for (size_t i = 0; i < dir->n_names; i++)
		free(dir->names[i]);
	free(dir->names);
	cleanup_close(&dir->blobs);
	cleanup_close(&dir->dir);
	free(dir->path);
	free(dir);
}

static const struct sink_ops dir_ops = {
	.kind = "directory",
	.begin = dir_begin,
	.write = dir_write,
	.end = dir_end,
	.read = dir_read,
	.commit = dir_commit,
	.close = dir_close,
};

/* 1 if it was made, 0 if it was there. */
static int make_dir(int at, const char *name)
{
	int r = sys(mkdirat(at, name, 0777));

	return r == -EEXIST ? 0 : r < 0 ? r : 1;
}

/* 1, 0, or a negative errno. */
static int is_empty(int fd)
{
	int copy = sys(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_closedir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!dir)
		return copy < 0 ? copy : -errno;
	for (;;) {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return errno ? -errno : 1;
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return 0;
	}
}

static int check_layout(struct dir_sink *dir, bool *ret_is_new, struct shale_error *err)
{
	auto_free char *text = NULL;
	auto_json json_t *layout = NULL;
	size_t size;
	int r = dir_read(&dir->base, layout_file, &text, &size, err);

	*ret_is_new = r == -ENOENT;
	if (r == -ENOENT) {
		r = is_empty(dir->dir);
		if (r == 0)
			return error_fail_plain(
				err, -ENOTEMPTY, "it is neither empty nor an OCI layout");
		return r < 0 ? error_fail(err, r, "read") : 0;
	}
	if (r == 0)
		r = document_parse(text, size, &layout, err);
	if (r < 0)
		return r;
	const char *version = document_string(layout, "imageLayoutVersion");
	if (!version || strncmp(version, "1.", 2) != 0)
		return error_fail_plain(err, -EPROTONOSUPPORT,
			"OCI layout version '%.50s' is not known", version ? version : "");
	return 0;
}

static int lock(int fd)
{
	int r;

	do
		r = sys(flock(fd, LOCK_EX));
	while (r == -EINTR);
	/* NFS locks no directories: exports to one layout must then be one after the other. */
	return r == -EBADF || r == -ENOLCK || r == -EOPNOTSUPP ? 0 : r;
}

/* A link would lead the blobs to wherever whoever can write here likes. */
static int make_blobs(struct dir_sink *dir)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int r = make_dir(dir->dir, "blobs");

	dir->made_blobs = r > 0;
	auto_close int above = r < 0 ? r : sys(openat(dir->dir, "blobs", flags));
	r = above < 0 ? above : make_dir(above, "sha256");
	dir->made_sha256 = r > 0;
	if (r >= 0)
		r = dir->blobs = sys(openat(above, "sha256", flags));
	return r;
}

static int make_layout(struct dir_sink *dir, struct shale_error *err)
{
	bool is_new;
	int r = lock(dir->dir);

	if (r < 0)
		return error_fail(err, r, "lock");
	r = check_layout(dir, &is_new, err);
	if (r < 0)
		return r;
	r = make_blobs(dir);
	if (r < 0)
		return error_fail(err, r, "make blobs/sha256");
	if (!is_new)
		return 0;
	dir->made_layout = true;
	return sink_put(&dir->base, layout_file, layout_text, sizeof(layout_text) - 1, err);
}

static int open_dir(struct dir_sink *dir, const char *path, struct shale_error *err)
{
	dir->path = strdup(path);
	if (!dir->path)
		return error_fail(err, -ENOMEM, "open");
	int r = make_dir(AT_FDCWD, path);
	dir->made_dir = r > 0;
	if (r >= 0)
		r = dir->dir = sys(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	return r < 0 ? error_fail(err, r, "open") : make_layout(dir, err);
}

int sink_dir(const char *path, struct sink **ret, struct shale_error *err)
{
	struct dir_sink *dir = calloc(1, sizeof(*dir));

	if (!dir)
		return error_fail(err, -ENOMEM, "layout '%s'", path);
	dir->base.ops = &dir_ops;
	dir->dir = dir->blobs = dir->file.fd = -1;
	int r = open_dir(dir, path, err);
	if (r < 0) {
		dir_close(&dir->base);
		return error_fail(err, r, "layout '%s'", path);
	}
	*ret = &dir->base;
	return 0;
}
