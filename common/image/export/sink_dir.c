/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/export/sink.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/blobs/blobs.h"
#include "common/image/document.h"
#include "common/image/layout_journal.h"
#include "common/image/outfile.h"
#include "common/store/files/smallfile.h"

static const char layout_file[] = "oci-layout";
/* The directories of blobs, relative to the layout. */
static const char *const blobs_below[] = { "blobs/sha256/.", "blobs/sha512/." };
enum { N_BLOBS = sizeof(blobs_below) / sizeof(*blobs_below) };

/* A file that is written and has no name yet in the layout. */
struct staged {
	struct outfile file;
	char *name;
};

struct dir_sink {
	struct sink base;
	char *path;
	int dir;    /* the layout's directory, locked; -1 if it does not exist yet */
	int parent; /* the directory in which the commit makes the layout; -1 if the layout exists
		     */
	char *name; /* name of the layout in PARENT */
	struct outfile file;
	struct staged *staged;
	size_t n_staged;
};

static int dir_begin(struct sink *sink, struct shale_error *err)
{
	struct dir_sink *dir = (struct dir_sink *)sink;

	outfile_close(&dir->file);
	return outfile_open(dir->dir >= 0 ? dir->dir : dir->parent, &dir->file, err);
}

static int dir_write(struct sink *sink, const void *data, size_t size, struct shale_error *err)
{
	struct dir_sink *dir = (struct dir_sink *)sink;
	int r = fd_write_all(dir->file.fd, data, size);

	return r < 0 ? error_fail(err, r, "write '%s'", dir->path) : 0;
}

static bool is_staged(const struct dir_sink *dir, const char *name)
{
	for (size_t i = 0; i < dir->n_staged; i++)
		if (strcmp(dir->staged[i].name, name) == 0)
			return true;
	return false;
}

static int stage(struct dir_sink *dir, const char *name)
{
	struct staged *list = realloc(dir->staged, (dir->n_staged + 1) * sizeof(*list));
	char *copy = strdup(name);

	if (list)
		dir->staged = list;
	if (!list || !copy) {
		free(copy);
		return -ENOMEM;
	}
	list[dir->n_staged++] = (struct staged){ .file = dir->file, .name = copy };
	dir->file = (struct outfile){ .fd = -1 };
	return 0;
}

static int dir_end(struct sink *sink, const char *name, struct shale_error *err)
{
	struct dir_sink *dir = (struct dir_sink *)sink;
	/* Two layers with the same content are one blob: keep the first file, and drop the
	 * second. */
	const bool again = is_staged(dir, name);
	int r = again ? 0 : outfile_sync(&dir->file, err);

	if (r == 0 && !again)
		r = stage(dir, name);
	outfile_close(&dir->file);
	return r < 0 ? error_fail(err, r, "layout '%s'", dir->path) : 0;
}

static int dir_read(
	struct sink *sink, const char *name, char **ret, size_t *ret_size, struct shale_error *err)
{
	struct dir_sink *dir = (struct dir_sink *)sink;
	auto_blobs struct blobs *blobs = NULL;
	struct shale_error words = { 0 };
	int r = dir->dir < 0 ? -ENOENT : blobs_dir(dir->path, &blobs, err);

	if (r < 0)
		return r;
	r = blobs_read_document(blobs, name, ret, ret_size, &words);
	if (r < 0 && r != -ENOENT && err)
		*err = words;
	return r;
}

static int publish(int to, struct staged *staged, struct shale_error *err)
{
	const char *base;
	auto_close int parent = layout_open_parent(to, staged->name, true, &base);

	if (parent < 0)
		return error_fail(err, parent, "make '%s'", staged->name);
	int r = outfile_publish(&staged->file, parent, base, err);
	outfile_close(&staged->file);
	return r;
}

static int sync_below(int layout, const char *name)
{
	const char *base;
	auto_close int fd = layout_open_parent(layout, name, false, &base);

	return fd == -ENOENT ? 0 : fd < 0 ? fd : sys(fsync(fd));
}

/* Syncs the blobs: a document must not reach the disk before the blobs that it names. */
static int sync_blobs(int dir)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < N_BLOBS; i++)
		r = sync_below(dir, blobs_below[i]);
	return r == 0 ? sync_below(dir, "blobs/.") : r;
}

/* Names the blobs first and the index last. So if the export is killed, each blob that the index
 * names exists. */
static int publish_all(struct dir_sink *dir, int to, struct shale_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < dir->n_staged; i++) {
		if (!strchr(dir->staged[i].name, '/'))
			r = sync_blobs(to);
		if (r == 0)
			r = publish(to, &dir->staged[i], err);
	}
	if (r == 0)
		r = sys(fsync(to));
	return r < 0 ? error_fail(err, r, "write") : 0;
}

static int commit_into(struct dir_sink *dir, struct shale_error *err)
{
	struct layout_journal journal = LAYOUT_JOURNAL_NONE;
	auto_free const char **names = calloc(dir->n_staged + 1, sizeof(*names));

	if (!names)
		return error_fail(err, -ENOMEM, "write");
	for (size_t i = 0; i < dir->n_staged; i++)
		names[i] = dir->staged[i].name;
	int r = layout_journal_begin(dir->dir, names, dir->n_staged, &journal, err);
	if (r < 0)
		return r;
	r = publish_all(dir, dir->dir, err);
	if (r < 0)
		layout_journal_undo(dir->dir, NULL);
	layout_journal_end(&journal);
	return r;
}

/* Makes a complete new layout appear with one system call. */
static int commit_new(struct dir_sink *dir, struct shale_error *err)
{
	char temp[UNFINISHED_SIZE];
	auto_close int to = unfinished_make_dir(dir->parent, temp);

	if (to < 0)
		return error_fail(err, to, "make it");
	int r = publish_all(dir, to, err);
	if (r == 0) {
		r = sys(renameat(dir->parent, temp, dir->parent, dir->name));
		if (r == -ENOTEMPTY || r == -EEXIST)
			r = -EAGAIN;
		if (r < 0)
			error_fail(err, r, "give it its name");
	}
	if (r < 0)
		unfinished_remove_dir(dir->parent, temp);
	else
		r = sys(fsync(dir->parent));
	return r;
}

static int dir_commit(struct sink *sink, struct shale_error *err)
{
	struct dir_sink *dir = (struct dir_sink *)sink;
	int r = dir->dir >= 0 ? commit_into(dir, err) : commit_new(dir, err);

	return r < 0 ? error_fail(err, r, "layout '%s'", dir->path) : 0;
}

static void dir_close(struct sink *sink)
{
	struct dir_sink *dir = (struct dir_sink *)sink;

	outfile_close(&dir->file);
	for (size_t i = 0; i < dir->n_staged; i++) {
		outfile_close(&dir->staged[i].file);
		free(dir->staged[i].name);
	}
	free(dir->staged);
	cleanup_close(&dir->dir);
	cleanup_close(&dir->parent);
	free(dir->name);
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

/* Tells whether the directory is empty: 1, 0, or a negative errno. */
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

static int check_layout(struct dir_sink *dir, struct shale_error *err)
{
	auto_free char *text = NULL;
	auto_json json_t *layout = NULL;
	size_t size;
	int r = dir_read(&dir->base, layout_file, &text, &size, err);

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
	/* NFS cannot lock directories: go on without a lock. Two exports to one layout must not run
	 * at the same time there. */
	return r == -EBADF || r == -ENOLCK || r == -EOPNOTSUPP ? 0 : r;
}

/* Refuses a layout whose blobs/ is a symbolic link, before anything is written. */
static int check_blobs(int layout, struct shale_error *err)
{
	for (size_t i = 0; i < N_BLOBS; i++) {
		const char *base;
		auto_close int fd = layout_open_parent(layout, blobs_below[i], false, &base);
		if (fd < 0 && fd != -ENOENT)
			return error_fail(err, fd, "open %.12s", blobs_below[i]);
	}
	return 0;
}

static int open_there(struct dir_sink *dir, struct shale_error *err)
{
	int r = lock(dir->dir);

	if (r < 0)
		return error_fail(err, r, "lock");
	r = check_blobs(dir->dir, err);
	if (r == 0)
		r = layout_journal_undo(dir->dir, err);
	if (r < 0)
		return r;
	unfinished_sweep(dir->dir);
	return check_layout(dir, err);
}

static int open_parent(struct dir_sink *dir, struct shale_error *err)
{
	auto_free char *path = strdup(dir->path);
	struct stat st;

	if (!path)
		return error_fail(err, -ENOMEM, "open");
	for (char *end = path + strlen(path); end > path && end[-1] == '/';)
		*--end = '\0';
	char *slash = strrchr(path, '/');
	dir->name = strdup(slash ? slash + 1 : path);
	if (slash)
		slash[slash == path] = '\0';
	if (!dir->name)
		return error_fail(err, -ENOMEM, "open");
	dir->parent = sys(open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (dir->parent < 0)
		return error_fail(err, dir->parent, "open");
	/* PATH leads nowhere, but the name exists: it is a dangling symbolic link, which cannot
	 * become a directory. */
	if (fstatat(dir->parent, dir->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return error_fail(err, -ENOENT, "open");
	unfinished_sweep(dir->parent);
	return 0;
}

static int open_dir(struct dir_sink *dir, const char *path, struct shale_error *err)
{
	dir->path = strdup(path);
	if (!dir->path)
		return error_fail(err, -ENOMEM, "open");
	dir->dir = sys(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (dir->dir == -ENOENT)
		return open_parent(dir, err);
	return dir->dir < 0 ? error_fail(err, dir->dir, "open") : open_there(dir, err);
}

int sink_dir(const char *path, struct sink **ret, struct shale_error *err)
{
	struct dir_sink *dir = calloc(1, sizeof(*dir));

	if (!dir)
		return error_fail(err, -ENOMEM, "layout '%s'", path);
	dir->base.ops = &dir_ops;
	dir->dir = dir->parent = dir->file.fd = -1;
	int r = open_dir(dir, path, err);
	if (r < 0) {
		dir_close(&dir->base);
		return error_fail(err, r, "layout '%s'", path);
	}
	*ret = &dir->base;
	return 0;
}
