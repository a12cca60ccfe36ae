/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/option_struct.h"
#include "common/base/progress.h"
#include "common/image/image_config.h"
#include "common/image/import/detect.h"
#include "common/image/import/keep_blobs.h"
#include "common/image/image_name.h"
#include "common/image/import/parts.h"
#include "common/image/record.h"
#include "common/image/reference.h"
#include "common/image/import/import_layers.h"
#include "common/shale.h"
#include "common/store/files/lock.h"
#include "common/store/foreign/foreign.h"
#include "common/store/files/jsonfile.h"
#include "common/store/store.h"

/* The state of one import. */
struct import {
	struct shale_store *store;
	const struct shale_import_options *options;
	struct progress progress;
	/* The platform that the user asks for; NULL: the best one for this machine. */
	const struct platform *platform;
	struct reference source;
	struct blobs *blobs;
	int answer; /* the last non-zero answer of the caller's function */
};

/* Tells whether to read an archive that is both OCI and docker as OCI: yes if the user asks for a
 * platform, because a docker archive has only one. */
static bool is_better_as_oci(const struct import *import)
{
	auto_blob struct blob layout = { .fd = -1 };

	return import->platform && import->source.kind == REFERENCE_DOCKER_ARCHIVE &&
	       import->blobs->ops->open(import->blobs, "oci-layout", &layout, NULL) == 0;
}

static int detect(struct import *import, struct shale_error *err)
{
	int r = detect_open(import->source.path, store_home(import->store), &import->blobs,
		&import->source.kind, err);

	if (r == 0 && is_better_as_oci(import))
		import->source.kind = REFERENCE_OCI_ARCHIVE;
	return r;
}

static int open_blobs(struct import *import, struct shale_error *err)
{
	const char *path = import->source.path;
	const int spool = store_home(import->store);

	switch (import->source.kind) {
	case REFERENCE_OCI:
		return blobs_dir(path, &import->blobs, err);
	case REFERENCE_OCI_ARCHIVE:
	case REFERENCE_DOCKER_ARCHIVE:
		return blobs_archive(path, spool, &import->blobs, err);
	case REFERENCE_TAR:
		return blobs_file(path, spool, &import->blobs, err);
	case REFERENCE_PLAIN:
		return detect(import, err);
	}
	return -EINVAL;
}

static int read_parts(struct import *import, struct parts *ret, struct shale_error *err)
{
	const char *tag = import->source.tag;
	const struct platform host = platform_host();
	const struct platform *platform = import->platform;

	switch (import->source.kind) {
	case REFERENCE_OCI:
	case REFERENCE_OCI_ARCHIVE:
		return parts_of_oci(import->blobs, tag, platform ? platform : &host, ret, err);
	case REFERENCE_DOCKER_ARCHIVE:
		return parts_of_docker(import->blobs, tag, ret, err);
	case REFERENCE_PLAIN: /* cannot happen: detect_open has found the kind */
	case REFERENCE_TAR:
		return parts_of_rootfs(import->blobs, &import->progress, platform, ret, err);
	}
	return -EINVAL;
}

/* Chooses the image's name: the one that the user wants; else that in the source. A name that is
 * only a tag ("latest") is appended to the name of the file or directory. Without any name: that of
 * the file or directory, or else the beginning of ID. */
static char *choose_name(
	const struct reference *source, const char *wanted, const char *own, const char *id)
{
	auto_free char *base = reference_base_name(source->path);
	char *name = NULL;

	if (wanted)
		return strdup(wanted);
	if (!base || (own && strpbrk(own, ":/")))
		return base ? strdup(own) : NULL;
	if (image_name_check(base, NULL) < 0 || strspn(base, ".") == strlen(base) ||
		strcmp(source->path, REFERENCE_STANDARD) == 0 ||
		strncmp(source->path, "/dev/", 5) == 0 || strncmp(source->path, "/proc/", 6) == 0)
		return own ? strdup(own) : strndup(id, 12);
	if (!own)
		return steal_ptr(&base);
	return asprintf(&name, "%s:%s", base, own) < 0 ? NULL : name;
}

static int make_record(const struct reference *source, const char *wanted,
	const struct parts *parts, const struct unpacked *unpacked, struct record *ret)
{
	auto_record struct record record = { .n_layers = 0 };

	const char *id = unpacked->n ? unpacked_top(unpacked) : digest_hex(parts->config_digest);
	record.name = choose_name(source, wanted, parts->name, id);
	record.config = strdup(parts->config);
	record.annotations = json_incref(parts->annotations);
	/* If the user gives a name, forget the other names in the source. */
	record.tags = wanted || source->tag ? NULL : json_incref(parts->tags);
	record.created = config_created(parts->config_json, config_now());
	memcpy(record.digest, parts->config_digest, sizeof(record.digest));
	int r = record.name && record.config ? record_set_manifest(&record, parts->manifest)
					     : -ENOMEM;
	for (size_t i = 0; i < unpacked->n && r == 0; i++)
		r = record_add_layer(&record, unpacked->ids[i]);
	if (r < 0)
		return r;
	*ret = record;
	record = (struct record){ 0 };
	return 0;
}

static int save_record(struct import *import, const struct parts *parts,
	const struct unpacked *unpacked, struct shale_error *err)
{
	auto_record struct record record = { 0 };
	const struct shale_import_options *options = import->options;
	int r = make_record(&import->source, options->name, parts, unpacked, &record);

	if (r < 0)
		return error_fail(err, r, "make record");
	r = record_save(import->store, &record, err);
	if (r == 0 && options->imported)
		import->answer = options->imported(
			record.name, record_top(&record), options->imported_arg);
	return r;
}

/* Takes the lock for imports. Running imports share it, and a failed import takes it exclusively to
 * remove its layers. So it cannot remove a layer that another import has just found. */
static int lock_imports(struct shale_store *store, int operation, struct shale_error *err)
{
	int lock = lock_take(store_images(store), ".lock", operation);

	return lock < 0 ? error_fail(err, lock, "lock the images") : lock;
}

static void undo(struct shale_store *store, const struct unpacked *unpacked, int *lock)
{
	cleanup_close(lock);
	*lock = lock_imports(store, LOCK_EX, NULL);
	unpacked_undo(store, unpacked);
}

static int import_parts(
	struct import *import, const struct parts *parts, char **ret_id, struct shale_error *err)
{
	struct shale_store *store = import->store;
	const struct unpack_how how = { &import->progress, import->options->limits };
	struct unpacked unpacked;
	auto_close int lock = lock_imports(store, LOCK_SH, err);

	if (lock < 0)
		return lock;
	int r = image_unpack(store, import->blobs, parts, &how, &unpacked, err);
	if (r == 0 && (import->options->flags & SHALE_IMPORT_KEEP_BLOBS))
		r = blobs_keep(store, import->blobs, parts, &unpacked, err);
	auto_free char *top = r < 0 ? NULL : strdup(unpacked_top(&unpacked));
	if (r == 0 && !top)
		r = error_fail(err, -ENOMEM, "make record");
	if (r == 0)
		r = save_record(import, parts, &unpacked, err);
	if (r < 0)
		undo(store, &unpacked, &lock);
	else
		*ret_id = steal_ptr(&top);
	unpacked_free(&unpacked);
	return r;
}

static int import_image(struct import *import, char **ret_id, struct shale_error *err)
{
	auto_parts struct parts parts = { 0 };
	int r = read_parts(import, &parts, err);

	if (r == 0 && import->platform)
		r = parts_check_platform(&parts, import->platform, err);
	if (r == 0)
		r = import_parts(import, &parts, ret_id, err);
	return r < 0 ? r : import->answer;
}

static int list_names(const struct import *import, json_t **ret, struct shale_error *err)
{
	switch (import->source.kind) {
	case REFERENCE_OCI:
	case REFERENCE_OCI_ARCHIVE:
		return parts_list_oci(import->blobs, ret, err);
	case REFERENCE_DOCKER_ARCHIVE:
		return parts_list_docker(import->blobs, ret, err);
	case REFERENCE_PLAIN:
	case REFERENCE_TAR:
		break;
	}
	return error_fail_plain(err, -EINVAL, "a root filesystem has no tags");
}

static int import_named(
	struct import *import, const char *name, char **ret_id, struct shale_error *err)
{
	char *id;

	import->source.tag = strdup(name);
	int r = import->source.tag ? import_image(import, &id, err)
				   : error_fail(err, -ENOMEM, "read names");
	if (r < 0)
		return error_fail(err, r, "'%s'", name);
	free(import->source.tag);
	import->source.tag = NULL;
	free(*ret_id);
	*ret_id = id;
	return r;
}

static int import_all(struct import *import, char **ret_id, struct shale_error *err)
{
	auto_json json_t *names = NULL;
	auto_free char *id = NULL;
	const json_t *name;
	size_t i;

	if (import->source.tag || import->options->name)
		return error_fail_plain(err, -EINVAL, "all tags, or one name, but not both");
	int r = list_names(import, &names, err);
	if (r == 0 && !json_array_size(names))
		r = error_fail_plain(err, -ENOENT, "there is no name in it");
	if (r < 0)
		return r;
	json_array_foreach(names, i, name)
	{
		r = import_named(import, json_string_value(name), &id, err);
		if (r < 0)
			return r;
		if (r > 0)
			break;
	}
	*ret_id = steal_ptr(&id);
	return r;
}

static int import_source(
	struct import *import, const char *source, char **ret_id, struct shale_error *err)
{
	int r = reference_parse(source, &import->source, err);

	if (r < 0)
		return r;
	r = open_blobs(import, err);
	if (r == 0)
		r = import->options->flags & SHALE_IMPORT_ALL_TAGS
			    ? import_all(import, ret_id, err)
			    : import_image(import, ret_id, err);
	blobs_close(import->blobs);
	reference_free(&import->source);
	return r;
}

static int take_options(const struct shale_import_options *theirs, struct shale_import_options *ret,
	struct shale_limits *ret_limits, struct shale_error *err)
{
	int r = option_struct_take(ret, sizeof(*ret), theirs, "import", err);

	if (r == 0)
		r = option_flags_check(
			ret->flags, SHALE_IMPORT_ALL_TAGS | SHALE_IMPORT_KEEP_BLOBS, "import", err);
	if (r == 0)
		r = option_struct_take(
			ret_limits, sizeof(*ret_limits), ret->limits, "import: limits", err);
	ret->limits = ret_limits;
	return r == 0 && ret->name ? image_name_check(ret->name, err) : r;
}

int shale_image_import(struct shale_store *store, const char *source,
	const struct shale_import_options *options, char **ret_id, struct shale_error *err)
{
	struct shale_import_options mine;
	struct shale_limits limits;
	struct import import = { .store = store, .options = &mine };
	struct platform platform;
	auto_free char *id = NULL;
	char buf[PLATFORM_MAX];
	int r = foreign_refuse(store, err);

	if (r == 0)
		r = take_options(options, &mine, &limits, err);
	if (r < 0)
		return r;
	import.progress = (struct progress){ .fn = mine.progress, .arg = mine.progress_arg };
	if (mine.platform) {
		r = platform_parse(mine.platform, buf, &platform, err);
		import.platform = &platform;
	}
	if (r == 0)
		r = import_source(&import, source, &id, err);
	if (r < 0)
		return store_explain_full(store, error_fail(err, r, "import '%s'", source), err);
	*ret_id = steal_ptr(&id);
	return r;
}
