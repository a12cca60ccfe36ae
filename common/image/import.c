/* SPDX-License-Identifier: LGPL-2.1-or-later */
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
#include "common/store/store.h"

/* Of a plain path, the kind that was found becomes that of SOURCE. */
static int open_blobs(struct shale_store *store, struct shale_reference *source,
	struct shale_blobs **ret, struct shale_error *err)
{
	const int spool = shale_store_home(store);

	switch (source->kind) {
	case SHALE_REFERENCE_OCI:
		return shale_blobs_dir(source->path, ret, err);
	case SHALE_REFERENCE_OCI_ARCHIVE:
	case SHALE_REFERENCE_DOCKER_ARCHIVE:
		return shale_blobs_archive(source->path, spool, ret, err);
	case SHALE_REFERENCE_TAR:
		return shale_blobs_file(source->path, spool, ret, err);
	case SHALE_REFERENCE_PLAIN:
		return shale_detect_open(source->path, spool, ret, &source->kind, err);
	}
	return -EINVAL;
}

static int read_parts(struct shale_blobs *blobs, const struct shale_reference *source,
	const struct shale_image_options *options, struct shale_parts *ret, struct shale_error *err)
{
	switch (source->kind) {
	case SHALE_REFERENCE_OCI:
	case SHALE_REFERENCE_OCI_ARCHIVE:
		return shale_parts_of_oci(blobs, source->tag, ret, err);
	case SHALE_REFERENCE_DOCKER_ARCHIVE:
		return shale_parts_of_docker(blobs, source->tag, ret, err);
	case SHALE_REFERENCE_PLAIN: /* no more */
	case SHALE_REFERENCE_TAR:
		return shale_parts_of_rootfs(blobs, options, ret, err);
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

static int save_record(struct shale_store *store, const struct shale_reference *source,
	const char *wanted, const struct shale_parts *parts, const struct shale_unpacked *unpacked,
	struct shale_error *err)
{
	auto_record struct shale_record record = { 0 };
	int r = make_record(source, wanted, parts, unpacked, &record);

	return r < 0 ? shale_fail(err, r, "make record") : shale_record_save(store, &record, err);
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

static int import_parts(struct shale_store *store, struct shale_blobs *blobs,
	const struct shale_parts *parts, const struct shale_image_options *options,
	const struct shale_reference *source, char **ret_id, struct shale_error *err)
{
	struct shale_unpacked unpacked;
	auto_close int lock = lock_imports(store, LOCK_SH, err);

	if (lock < 0)
		return lock;
	int r = shale_unpack(store, blobs, parts, options, &unpacked, err);
	if (r == 0 && options && options->keep_blobs)
		r = shale_keep_blobs(store, blobs, parts, &unpacked, err);
	auto_free char *top = r < 0 ? NULL : strdup(shale_unpacked_top(&unpacked));
	if (r == 0 && !top)
		r = shale_fail(err, -ENOMEM, "make record");
	if (r == 0)
		r = save_record(
			store, source, options ? options->name : NULL, parts, &unpacked, err);
	if (r < 0)
		undo(store, &unpacked, &lock);
	else
		*ret_id = steal_ptr(&top);
	shale_unpacked_free(&unpacked);
	return r;
}

static int import(struct shale_store *store, struct shale_reference *source,
	const struct shale_image_options *options, char **ret_id, struct shale_error *err)
{
	auto_blobs struct shale_blobs *blobs = NULL;
	auto_parts struct shale_parts parts = { 0 };
	int r = open_blobs(store, source, &blobs, err);

	if (r == 0)
		r = read_parts(blobs, source, options, &parts, err);
	return r < 0 ? r : import_parts(store, blobs, &parts, options, source, ret_id, err);
}

int shale_image_import(struct shale_store *store, const char *source,
	const struct shale_image_options *options, char **ret_id, struct shale_error *err)
{
	int refused = shale_foreign_refuse(store, err);

	if (refused < 0)
		return refused;
	struct shale_reference reference;

	if (options && options->size < sizeof(*options))
		return shale_fail_plain(err, -EINVAL, "import: option struct without its size");
	int r = options && options->name ? shale_image_name_check(options->name, err) : 0;

	if (r == 0)
		r = shale_reference_parse(source, &reference, err);
	if (r < 0)
		return r;
	r = import(store, &reference, options, ret_id, err);
	shale_reference_free(&reference);
	return r < 0 ? shale_fail(err, r, "import '%s'", source) : 0;
}
