/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/export/sink.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/export/destination.h"
#include "common/store/files/smallfile.h"

enum { BLOCK = 512 };

/* A ustar header (POSIX.1-1988). All its fields are text. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], uname[32], gname[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a tar header is one block");

struct tar_sink {
	struct sink base;
	struct destination to;
	uint64_t header_at; /* offset of the current member's header */
	uint64_t size;      /* how many bytes of its data were written */
	char **names;       /* names of the members that are complete */
	size_t n_names;
};

/* Writes a size in octal; or, if it is too large, in base 256 with the highest bit set, as GNU tar
 * does. */
static void put_size(char field[12], uint64_t size)
{
	if (size < (uint64_t)1 << 33) {
		snprintf(field, 12, "%011llo", (unsigned long long)size);
		return;
	}
	memset(field, 0, 12);
	field[0] = (char)0x80;
	for (int i = 11; i > 3; i--, size >>= 8)
		field[i] = (char)(size & 0xff);
}

static void make_header(struct header *header, const char *name, uint64_t size)
{
	unsigned int sum = 0;

	memset(header, 0, sizeof(*header));
	memcpy(header->name, name, strnlen(name, sizeof(header->name) - 1));
	strcpy(header->mode, "0000644");
	strcpy(header->uid, "0000000");
	strcpy(header->gid, "0000000");
	put_size(header->size, size);
	strcpy(header->mtime, "00000000000");
	header->type = '0';
	memcpy(header->magic, "ustar", 6);
	memcpy(header->version, "00", 2);
	memset(header->sum, ' ', sizeof(header->sum));
	for (size_t i = 0; i < BLOCK; i++)
		sum += ((unsigned char *)header)[i];
	snprintf(header->sum, 7, "%06o", sum);
}

static int seek_to(struct tar_sink *tar, uint64_t at, struct shale_error *err)
{
	if (lseek(tar->to.file.fd, at, SEEK_SET) < 0)
		return error_fail(err, -errno, "seek");
	return 0;
}

static int tar_begin(struct sink *sink, struct shale_error *err)
{
	struct tar_sink *tar = (struct tar_sink *)sink;

	tar->size = 0;
	return seek_to(tar, tar->header_at + BLOCK, err);
}

static int tar_write(struct sink *sink, const void *data, size_t size, struct shale_error *err)
{
	struct tar_sink *tar = (struct tar_sink *)sink;
	int r = fd_write_all(tar->to.file.fd, data, size);

	if (r < 0)
		return error_fail(err, r, "write archive");
	tar->size += size;
	return 0;
}

static bool has_name(const struct tar_sink *tar, const char *name)
{
	for (size_t i = 0; i < tar->n_names; i++)
		if (strcmp(tar->names[i], name) == 0)
			return true;
	return false;
}

static int add_name(struct tar_sink *tar, const char *name)
{
	char **names = realloc(tar->names, (tar->n_names + 1) * sizeof(*names));

	if (!names)
		return -ENOMEM;
	tar->names = names;
	names[tar->n_names] = strdup(name);
	return names[tar->n_names] ? (int)++tar->n_names : -ENOMEM;
}

static int tar_end(struct sink *sink, const char *name, struct shale_error *err)
{
	struct tar_sink *tar = (struct tar_sink *)sink;
	static const char zeros[BLOCK];
	struct header header;

	/* Two layers with the same content share one member: drop the second one. */
	if (has_name(tar, name))
		return sys(ftruncate(tar->to.file.fd, tar->header_at)) < 0
			       ? error_fail(err, -errno, "write archive")
			       : 0;
	int r = strlen(name) < sizeof(header.name) ? add_name(tar, name) : -ENAMETOOLONG;
	if (r >= 0)
		r = fd_write_all(tar->to.file.fd, zeros, (BLOCK - tar->size % BLOCK) % BLOCK);
	if (r < 0)
		return error_fail(err, r, "write archive");
	make_header(&header, name, tar->size);
	r = seek_to(tar, tar->header_at, err);
	if (r == 0)
		r = fd_write_all(tar->to.file.fd, &header, BLOCK);
	if (r < 0)
		return error_fail(err, r, "write archive");
	tar->header_at += BLOCK + (tar->size + BLOCK - 1) / BLOCK * BLOCK;
	return 0;
}

static int tar_read(
	struct sink *sink, const char *name, char **ret, size_t *ret_size, struct shale_error *err)
{
	return -ENOENT;
}

static int tar_commit(struct sink *sink, struct shale_error *err)
{
	struct tar_sink *tar = (struct tar_sink *)sink;
	static const char end[2 * BLOCK];
	int r = seek_to(tar, tar->header_at, err);

	if (r == 0)
		r = fd_write_all(tar->to.file.fd, end, sizeof(end));
	if (r < 0)
		return error_fail(err, r, "write archive");
	return destination_commit(&tar->to, err);
}

static void tar_close(struct sink *sink)
{
	struct tar_sink *tar = (struct tar_sink *)sink;

	destination_close(&tar->to);
	for (size_t i = 0; i < tar->n_names; i++)
		free(tar->names[i]);
	free(tar->names);
	free(tar);
}

static const struct sink_ops tar_ops = {
	.kind = "archive",
	.begin = tar_begin,
	.write = tar_write,
	.end = tar_end,
	.read = tar_read,
	.commit = tar_commit,
	.close = tar_close,
};

int sink_tar(
	const char *path, const struct export_to *how, struct sink **ret, struct shale_error *err)
{
	struct tar_sink *tar = calloc(1, sizeof(*tar));

	if (!tar)
		return error_fail(err, -ENOMEM, "write '%s'", path);
	tar->base.ops = &tar_ops;
	int r = destination_open(path, how, &tar->to, err);
	if (r < 0) {
		free(tar);
		return r;
	}
	*ret = &tar->base;
	return 0;
}
