/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "common/image/config.h"
#include "common/image/detect.h"
#include "common/image/keep.h"
#include "common/image/name.h"
#include "common/image/parts.h"
#include "common/image/record.h"
#include "common/image/reference.h"
#include "common/image/unpack.h"
#include "common/shale.h"
#include "common/store/lock.h"
#include "common/store/foreign.h"
#include "common/store/jsonfile.h"
#include "common/store/store.h"

/* What one call is about. */
struct import {
	struct shale_store *store;
	const struct shale_image_options *options;
	const struct shale_platform *platform; /* that the user asks for; NULL: any that suits */
	struct shale_reference source;
	struct shale_blobs *blobs;
};

/* An archive of both kinds tells as a docker archive of one platform alone. */
static bool is_better_as_oci(const struct import *import)
{
	auto_blob struct shale_blob layout = { .fd = -1 };

	return import->platform && import->source.kind == SHALE_REFERENCE_DOCKER_ARCHIVE &&
	       import->blobs->ops->open(import->blobs, "oci-layout", &layout, NULL) == 0;
}

static int detect(struct import *import, struct shale_error *err)
{
	int r = shale_detect_open(import->source.path, shale_store_home(import->store),
		&import->blobs, &import->source.kind, err);

	if (r == 0 && is_better_as_oci(import))
		import->source.kind = SHALE_REFERENCE_OCI_ARCHIVE;
	return r;
}

static int open_blobs(struct import *import, struct shale_error *err)
{
	const char *path = import->source.path;
	const int spool = shale_store_home(import->store);

	switch (import->source.kind) {
	case SHALE_REFERENCE_OCI:
		return shale_blobs_dir(path, &import->blobs, err);
	case SHALE_REFERENCE_OCI_ARCHIVE:
	case SHALE_REFERENCE_DOCKER_ARCHIVE:
		return shale_blobs_archive(path, spool, &import->blobs, err);
	case SHALE_REFERENCE_TAR:
		return shale_blobs_file(path, spool, &import->blobs, err);
	case SHALE_REFERENCE_PLAIN:
		return detect(import, err);
	}
	return -EINVAL;
}

static int read_parts(const struct import *import, struct shale_parts *ret, struct shale_error *err)
{
	const char *tag = import->source.tag;
	const struct shale_platform host = shale_platform_host();
	const struct shale_platform *platform = import->platform;

	switch (import->source.kind) {
	case SHALE_REFERENCE_OCI:
	case SHALE_REFERENCE_OCI_ARCHIVE:
		return shale_parts_of_oci(
			import->blobs, tag, platform ? platform : &host, ret, err);
	case SHALE_REFERENCE_DOCKER_ARCHIVE:
		return shale_parts_of_docker(import->blobs, tag, ret, err);
	case SHALE_REFERENCE_PLAIN: /* it is one of the others by now */
	case SHALE_REFERENCE_TAR:
		return shale_parts_of_rootfs(import->blobs, import->options, platform, ret, err);
	}
	return -EINVAL;
}

/* What the user says; else what the source says, where a bare tag ("latest") is put behind the
 * name of the file or directory; else that name; else the start of ID. */
static char *choose_name(
	const struct shale_reference *source, const char *wanted, const char *own, const char *id)
{
	auto_free char *base = shale_reference_base_name(source->path);
	char *name = NULL;

	if (wanted)
		return strdup(wanted);
	if (!base || (own && strpbrk(own, ":/")))
		return base ? strdup(own) : NULL;
	if (shale_image_name_check(base, NULL) < 0 || strspn(base, ".") == strlen(base) ||
		strcmp(source->path, SHALE_REFERENCE_STANDARD) == 0 ||
		strncmp(source->path, "/dev/", 5) == 0 || strncmp(source->path, "/proc/", 6) == 0)
		return own ? strdup(own) : strndup(id, 12);
	if (!own)
		return steal_ptr(&base);
	return asprintf(&name, "%s:%s", base, own) < 0 ? NULL : name;
}

static int make_record(const struct shale_reference *source, const char *wanted,
	const struct shale_parts *parts, const struct shale_unpacked *unpacked,
	struct shale_record *ret)
{
	auto_record struct shale_record record = { .n_layers = 0 };

	const char *id = unpacked->n ? shale_unpacked_top(unpacked)
				     : shale_digest_hex(parts->config_digest);
	record.name = choose_name(source, wanted, parts->name, id);
	record.config = strdup(parts->config);
	record.annotations = json_incref(parts->annotations);
	/* Who chooses one name does not want the others. */
	record.tags = wanted || source->tag ? NULL : json_incref(parts->tags);
	record.created = shale_config_created(parts->config_json, shale_config_now());
	memcpy(record.digest, parts->config_digest, sizeof(record.digest));
	int r = record.name && record.config ? shale_record_set_manifest(&record, parts->manifest)
					     : -ENOMEM;
	for (size_t i = 0; i < unpacked->n && r == 0; i++)
		r = shale_record_add_layer(&record, unpacked->ids[i]);
	if (r < 0)
		return r;
	*ret = record;
	record = (struct shale_record){ 0 };
	return 0;
}

static int save_record(const struct import *import, const struct shale_parts *parts,
	const struct shale_unpacked *unpacked, struct shale_error *err)
{
	auto_record struct shale_record record = { 0 };
	const struct shale_image_options *options = import->options;
	int r = make_record(
		&import->source, options ? options->name : NULL, parts, unpacked, &record);

	if (r < 0)
		return shale_fail(err, r, "make record");
	r = shale_record_save(import->store, &record, err);
	if (r == 0 && options && options->imported)
		options->imported(record.name, shale_record_top(&record), options->imported_arg);
	return r;
}

/* Of two imports with a layer in common, one that fails must not take it from the other: imports
 * run together under a shared lock, and layers are taken back only under the exclusive one. */
static int lock_imports(struct shale_store *store, int operation, struct shale_error *err)
{
	int lock = shale_lock_file(shale_store_images(store), ".lock", operation);

	return lock < 0 ? shale_fail(err, lock, "lock the images") : lock;
}

static void undo(struct shale_store *store, const struct shale_unpacked *unpacked, int *lock)
{
	cleanup_close(lock);
	*lock = lock_imports(store, LOCK_EX, NULL);
	shale_unpacked_undo(store, unpacked);
}

static int import_parts(const struct import *import, const struct shale_parts *parts, char **ret_id,
	struct shale_error *err)
{
	const struct shale_image_options *options = import->options;
	struct shale_store *store = import->store;
	struct shale_unpacked unpacked;
	auto_close int lock = lock_imports(store, LOCK_SH, err);

	if (lock < 0)
		return lock;
	int r = shale_unpack(store, import->blobs, parts, options, &unpacked, err);
	if (r == 0 && options && options->keep_blobs)
		r = shale_keep_blobs(store, import->blobs, parts, &unpacked, err);
	auto_free char *top = r < 0 ? NULL : strdup(shale_unpacked_top(&unpacked));
	if (r == 0 && !top)
		r = shale_fail(err, -ENOMEM, "make record");
	if (r == 0)
		r = save_record(import, parts, &unpacked, err);
	if (r < 0)
		undo(store, &unpacked, &lock);
	else
		*ret_id = steal_ptr(&top);
	shale_unpacked_free(&unpacked);
	return r;
}

static int import_image(const struct import *import, char **ret_id, struct shale_error *err)
{
	auto_parts struct shale_parts parts = { 0 };
	int r = read_parts(import, &parts, err);

	if (r == 0 && import->platform)
		r = shale_parts_check_platform(&parts, import->platform, err);
	return r < 0 ? r : import_parts(import, &parts, ret_id, err);
}

static int list_names(const struct import *import, json_t **ret, struct shale_error *err)
{
	switch (import->source.kind) {
	case SHALE_REFERENCE_OCI:
	case SHALE_REFERENCE_OCI_ARCHIVE:
		return shale_parts_list_oci(import->blobs, ret, err);
	case SHALE_REFERENCE_DOCKER_ARCHIVE:
		return shale_parts_list_docker(import->blobs, ret, err);
	case SHALE_REFERENCE_PLAIN:
	case SHALE_REFERENCE_TAR:
		break;
	}
	return shale_fail_plain(err, -EINVAL, "a root filesystem has no tags");
}

static int import_named(
	struct import *import, const char *name, char **ret_id, struct shale_error *err)
{
	char *id;

	import->source.tag = strdup(name);
	int r = import->source.tag ? import_image(import, &id, err)
				   : shale_fail(err, -ENOMEM, "read names");
	if (r < 0)
		return shale_fail(err, r, "'%s'", name);
	free(import->source.tag);
	import->source.tag = NULL;
	free(*ret_id);
	*ret_id = id;
	return 0;
}

static int import_all(struct import *import, char **ret_id, struct shale_error *err)
{
	auto_json json_t *names = NULL;
	auto_free char *id = NULL;
	const json_t *name;
	size_t i;

	if (import->source.tag || import->options->name)
		return shale_fail_plain(err, -EINVAL, "all tags, or one name, but not both");
	int r = list_names(import, &names, err);
	if (r == 0 && !json_array_size(names))
		r = shale_fail_plain(err, -ENOENT, "there is no name in it");
	if (r < 0)
		return r;
	json_array_foreach(names, i, name)
	{
		r = import_named(import, json_string_value(name), &id, err);
		if (r != 0)
			return r;
	}
	*ret_id = steal_ptr(&id);
	return 0;
}

static int import_source(
	struct import *import, const char *source, char **ret_id, struct shale_error *err)
{
	int r = shale_reference_parse(source, &import->source, err);

	if (r < 0)
		return r;
	r = open_blobs(import, err);
	if (r == 0)
		r = import->options && import->options->all_tags
			    ? import_all(import, ret_id, err)
			    : import_image(import, ret_id, err);
	shale_blobs_close(import->blobs);
	shale_reference_free(&import->source);
	return r;
}

int shale_image_import(struct shale_store *store, const char *source,
	const struct shale_image_options *options, char **ret_id, struct shale_error *err)
{
	struct import import = { .store = store, .options = options };
	struct shale_platform platform;
	char buf[SHALE_PLATFORM_MAX];
	int r = shale_foreign_refuse(store, err);

	if (r < 0)
		return r;
	if (options && options->size < sizeof(*options))
		return shale_fail_plain(err, -EINVAL, "import: option struct without its size");
	if (options && options->name)
		r = shale_image_name_check(options->name, err);
	if (r == 0 && options && options->platform) {
		r = shale_platform_parse(options->platform, buf, &platform, err);
		import.platform = &platform;
	}
	if (r == 0)
		r = import_source(&import, source, ret_id, err);
	return r < 0 ? shale_fail(err, r, "import '%s'", source) : 0;
}
