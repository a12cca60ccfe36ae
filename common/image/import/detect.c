/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/import/detect.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "common/archive/libarchive.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/document.h"
#include "common/image/manifest.h"
#include "common/image/blobs/tar_member.h"
#include "common/image/blobs/spool.h"

enum { CHUNK = 64 * 1024 };

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

/* Tells whether the member NAME proves that the archive is a root filesystem: no image archive has
 * members in these directories. Then the rest of the archive, which may be large, need not be
 * read. */
static bool is_of_rootfs(const char *name)
{
	static const char *const directories[] = { "bin", "boot", "dev", "etc", "home", "lib",
		"lib64", "media", "mnt", "opt", "proc", "root", "run", "sbin", "srv", "sys", "tmp",
		"usr", "var", NULL };
	auto_free char *first = strndup(name, strcspn(name, "/"));

	return first && is_one_of(first, directories);
}

/* Tells whether this manifest.json is docker's. Looks at its content, because a root filesystem may
 * have a file of this name. */
static bool is_docker_manifest(const char *text, size_t size)
{
	auto_json json_t *images = NULL;

	return document_parse(text, size, &images, NULL) == 0 &&
	       document_string(json_array_get(images, 0), "Config");
}

static bool is_oci_layout(const char *text, size_t size)
{
	auto_json json_t *layout = NULL;

	return document_parse(text, size, &layout, NULL) == 0 &&
	       document_string(layout, "imageLayoutVersion");
}

/* Tells whether an index.json is that of an OCI layout, which may lack its file oci-layout. */
static bool is_oci_index(const char *text, size_t size)
{
	auto_json json_t *index = NULL;

	return document_parse(text, size, &index, NULL) == 0 &&
	       document_string(json_array_get(document_get(index, "manifests"), 0), "digest");
}

/* The kinds of image that the members so far suggest. */
struct findings {
	bool docker, oci, rootfs, old_docker;
};

/* Tells whether NAME is ID/layer.tar: Docker before 1.10 wrote images without a manifest, with such
 * names. */
static bool is_old_layer(const char *name)
{
	return strspn(name, "0123456789abcdef") == 64 && strcmp(name + 64, "/layer.tar") == 0;
}

static void consider_document(
	struct findings *found, const char *name, const char *text, size_t size)
{
	if (strcmp(name, "manifest.json") == 0)
		found->docker = is_docker_manifest(text, size);
	else if (strcmp(name, "oci-layout") == 0)
		found->oci |= is_oci_layout(text, size);
	else if (strcmp(name, INDEX_NAME) == 0)
		found->oci |= is_oci_index(text, size);
}

static void consider_member(
	struct archive *reader, struct archive_entry *entry, struct findings *found)
{
	static const char *const documents[] = { "manifest.json", "oci-layout", INDEX_NAME, NULL };
	const char *path = archive_entry_pathname(entry);
	int code;
	auto_free char *name = path ? member_path("", path, &code) : NULL;

	if (!name)
		return;
	found->rootfs = is_of_rootfs(name);
	found->old_docker |= is_old_layer(name);
	const int64_t size = archive_entry_size(entry);
	if (!is_one_of(name, documents) || size <= 0 || size > (int64_t)DOCUMENT_LIMIT)
		return;
	auto_free char *text = malloc(size);
	if (text && archive_read_data(reader, text, size) == size)
		consider_document(found, name, text, size);
}

/* Reads the names of the members. Ignores a read error: the code that then imports the archive
 * reports it. */
static void read_members(struct archive *reader, struct findings *found)
{
	struct archive_entry *entry;

	while (!found->docker && !found->rootfs) {
		int r = archive_read_next_header(reader, &entry);
		if (r == ARCHIVE_EOF || (r < ARCHIVE_WARN && r != ARCHIVE_RETRY))
			return;
		if (r != ARCHIVE_RETRY)
			consider_member(reader, entry, found);
	}
}

static int detect_archive(const struct blob *file, struct findings *found, struct shale_error *err)
{
	int r = libarchive_load(err);

	if (r < 0)
		return r;
	struct archive *reader = archive_read_new();
	if (!reader)
		return error_fail(err, -ENOMEM, "read archive");
	spool_support_filters(reader);
	archive_read_support_format_tar(reader);
	if (archive_read_open_fd(reader, file->fd, CHUNK) >= ARCHIVE_WARN)
		read_members(reader, found);
	archive_read_free(reader);
	return lseek(file->fd, 0, SEEK_SET) < 0 ? error_fail(err, -errno, "seek") : 0;
}

static int open_archive(const char *path, int spool, struct blobs **ret, struct findings *found,
	struct shale_error *err)
{
	auto_blobs struct blobs *blobs = NULL;
	auto_blob struct blob file = { .fd = -1 };
	int r = blobs_file(path, spool, &blobs, err);

	if (r == 0)
		r = blobs->ops->open(blobs, "", &file, err);
	if (r == 0)
		r = detect_archive(&file, found, err);
	if (found->rootfs)
		found->oci = found->old_docker = false;
	if (r == 0 && found->old_docker && !found->docker && !found->oci) {
		r = error_fail_plain(err, -EOPNOTSUPP,
			"an image as Docker before 1.10 wrote it, without a manifest.json");
		error_remedy(err, r, "load it into Docker 1.10 to 24, and save it there");
	}
	if (r == 0 && (found->docker || found->oci))
		r = blobs_file_to_archive(blobs, spool, err);
	if (r < 0)
		return r;
	*ret = steal_ptr(&blobs);
	return 0;
}

static int open_directory(
	const char *path, struct blobs **ret, struct findings *found, struct shale_error *err)
{
	static const char *const documents[] = { "manifest.json", "oci-layout", INDEX_NAME };
	auto_blobs struct blobs *blobs = NULL;
	int r = blobs_dir(path, &blobs, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(documents) / sizeof(*documents); i++) {
		auto_free char *text = NULL;
		size_t size;
		if (blobs_read_document(blobs, documents[i], &text, &size, NULL) == 0)
			consider_document(found, documents[i], text, size);
	}
	if (!found->docker && !found->oci) {
		error_fail_plain(err, -EINVAL, "'%s' is a directory, and no OCI layout", path);
		return error_remedy(err, -EINVAL,
			"if it is a root filesystem: tar -C DIR -c . | shale import - NAME");
	}
	*ret = steal_ptr(&blobs);
	return 0;
}

int detect_open(const char *path, int spool, struct blobs **ret, enum reference_kind *ret_kind,
	struct shale_error *err)
{
	struct findings found = { 0 };
	struct stat st;
	const bool directory = strcmp(path, REFERENCE_STANDARD) != 0 && stat(path, &st) == 0 &&
			       S_ISDIR(st.st_mode);
	int r = directory ? open_directory(path, ret, &found, err)
			  : open_archive(path, spool, ret, &found, err);

	if (r < 0)
		return r;
	*ret_kind = found.docker ? REFERENCE_DOCKER_ARCHIVE
		    : !found.oci ? REFERENCE_TAR
		    : directory  ? REFERENCE_OCI
				 : REFERENCE_OCI_ARCHIVE;
	return 0;
}
