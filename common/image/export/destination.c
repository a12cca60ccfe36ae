/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/export/destination.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/overwrite.h"
#include "common/image/reference.h"
#include "common/image/blobs/spool.h"
#include "common/store/files/smallfile.h"

static int open_stream(const char *path, int spool, struct destination *to, struct shale_error *err)
{
	to->stream = strcmp(path, REFERENCE_STANDARD) == 0
			     ? sys(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3))
			     : sys(open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY));
	if (to->stream < 0)
		return error_fail(err, to->stream, "open '%s'", path);
	if (isatty(to->stream)) {
		error_fail_plain(err, -ENOTTY, "an archive is not for a terminal");
		return error_remedy(err, -ENOTTY, "name a file, or redirect standard output");
	}
	to->file.fd = spool_open(spool, err);
	return to->file.fd < 0 ? to->file.fd : 0;
}

static int open_file(const char *path, struct destination *to, struct shale_error *err)
{
	const char *slash = strrchr(path, '/');
	/* The parent of "/x" is "/", and of "x" is ".". */
	auto_free char *parent = slash ? strndup(path, slash == path ? 1 : slash - path)
				       : strdup(".");

	to->base = strdup(slash ? slash + 1 : path);
	if (!parent || !to->base)
		return error_fail(err, -ENOMEM, "open '%s'", path);
	if (!*to->base)
		return error_fail(err, -EISDIR, "write '%s'", path);
	to->dir = sys(open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (to->dir < 0)
		return error_fail(err, to->dir, "open directory '%s'", parent);
	unfinished_sweep(to->dir);
	int r = outfile_open(to->dir, &to->file, err);
	return r < 0 ? error_fail(err, r, "write '%s'", path) : 0;
}

static int open_path(const char *path, const struct export_to *how, struct destination *to,
	struct shale_error *err)
{
	auto_free char *real = NULL;
	struct stat st;

	if (stat(path, &st) < 0)
		return open_file(path, to, err);
	if (S_ISDIR(st.st_mode))
		return error_fail(err, -EISDIR, "write '%s'", path);
	int r = how->force ? 0 : overwrite_check(path, &st, err);
	if (r < 0)
		return r;
	if (!S_ISREG(st.st_mode))
		return open_stream(path, how->spool, to, err);
	real = realpath(path, NULL);
	return real ? open_file(real, to, err) : error_fail(err, -errno, "write '%s'", path);
}

int destination_open(const char *path, const struct export_to *how, struct destination *ret,
	struct shale_error *err)
{
	struct destination to = { .dir = -1, .stream = -1, .file.fd = -1 };
	int r = strcmp(path, REFERENCE_STANDARD) == 0 ? open_stream(path, how->spool, &to, err)
						      : open_path(path, how, &to, err);

	if (r < 0) {
		destination_close(&to);
		return r;
	}
	*ret = to;
	return 0;
}

static int copy_out(int from, int to)
{
	auto_free char *buf = malloc(1 << 16);
	off_t at = 0;

	if (!buf)
		return -ENOMEM;
	for (;;) {
		ssize_t n = pread(from, buf, 1 << 16, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		int r = fd_write_all(to, buf, n);
		if (r < 0)
			return r;
		at += n;
	}
}

int destination_commit(struct destination *destination, struct shale_error *err)
{
	int r;

	if (destination->stream >= 0) {
		r = copy_out(destination->file.fd, destination->stream);
		return r < 0 ? error_fail(err, r, "write") : 0;
	}
	r = outfile_publish(&destination->file, destination->dir, destination->base, err);
	if (r < 0)
		return r;
	r = sys(fsync(destination->dir));
	return r < 0 ? error_fail(err, r, "write '%s'", destination->base) : 0;
}

void destination_close(struct destination *destination)
{
	outfile_close(&destination->file);
	cleanup_close(&destination->dir);
	cleanup_close(&destination->stream);
	free(destination->base);
}
