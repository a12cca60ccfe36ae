/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/apply.h"

#include "common/archive/ctype_locale.h"
#include "common/archive/apply/parent_metadata.h"
#include "common/archive/apply/layer_tree_prune.h"
#include "common/archive/apply/unpack_entry.h"
#include "common/base/scope.h"
#include "common/base/error.h"

static const struct apply_limits default_limits = { .entries = 50 * 1000 * 1000,
	.bytes = UINT64_MAX,
	.name = 1024 * 1024,
	.xattrs = 1000,
	.xattr_bytes = 512 * 1024 };

struct apply {
	struct apply_limits limits;
	struct unpack unpack;
	struct apply_result result;
};

static int mark_opaque(struct apply *apply, const struct entry_name *name, struct shale_error *err)
{
	if (apply->unpack.spec->bottom)
		return 0;
	if (!*name->parent) {
		apply->unpack.tree.root_opaque = true;
		return 0;
	}
	int r = layer_tree_hides(&apply->unpack.tree, name->parent, err);
	if (r <= 0)
		return r;
	int dirfd = layer_tree_parent(&apply->unpack.tree, name->parent, err);
	return dirfd < 0 ? dirfd : layer_tree_opaque(&apply->unpack.tree, dirfd, err);
}

/* AUFS stores hard-linked files under names of its own (.wh..wh.plnk/). Keeps such a file until the
 * last entry, because later entries may be hard links to it. */
static int apply_aufs_link(struct apply *apply, const struct entry_name *name,
	struct archive_entry *entry, struct shale_error *err)
{
	if (!archive_entry_hardlink(entry) && archive_entry_filetype(entry) != AE_IFREG)
		return 0;
	return unpack_entry(&apply->unpack, name, entry, err);
}

static int apply_entry(
	struct apply *apply, const char *raw, struct archive_entry *entry, struct shale_error *err)
{
	auto_entry_name struct entry_name name = { 0 };

	int r = entry_name_parse(raw, apply->limits.name, &name, err);
	if (r < 0)
		return r;
	switch (name.kind) {
	case ENTRY_ROOT:
		return unpack_root(&apply->unpack, entry, err);
	case ENTRY_WHITEOUT:
		if (apply->unpack.spec->bottom)
			return 0;
		return layer_tree_whiteout(&apply->unpack.tree, name.parent, name.base, err);
	case ENTRY_OPAQUE:
		return mark_opaque(apply, &name, err);
	case ENTRY_AUFS_LINK:
		return apply_aufs_link(apply, &name, entry, err);
	case ENTRY_SKIP:
		return 0;
	default:
		return unpack_entry(&apply->unpack, &name, entry, err);
	}
}

static int apply_entries(struct apply *apply, struct shale_error *err)
{
	struct archive_entry *entry;
	int r;

	while ((r = tarstream_next(apply->unpack.files.stream, &entry, err)) > 0 &&
		!unpack_files_failed(&apply->unpack.files)) {
		const char *name = archive_entry_pathname(entry);
		if (!name)
			return error_fail_plain(err, -EBADMSG, "an entry has no name");
		if (++apply->result.entries > apply->limits.entries)
			return error_fail_plain(err, -E2BIG, "the layer has more than %llu entries",
				(unsigned long long)apply->limits.entries);
		r = apply_entry(apply, name, entry, err);
		if (r < 0)
			return error_fail(err, r, "apply entry '%.300s'", name);
	}
	return r;
}

/* Reads all entries. If both the reading and the backlog's thread failed, reports the backlog's
 * error: it concerns an earlier entry. */
static int apply_all(struct apply *apply, struct shale_error *err)
{
	struct shale_error earlier = { 0 };
	int r = apply_entries(apply, err);
	int behind = unpack_files_finish(&apply->unpack.files, &earlier);

	if (behind < 0 && err)
		*err = earlier;
	return behind < 0 ? behind : r;
}

/* Sets the root's times and default ACL at the end, since each name made in the root changes its
 * times. Does this only if the stream has no entry for the root. */
static int finish_root(struct apply *apply, struct dir_metadata *root, struct shale_error *err)
{
	if (apply->unpack.has_root_entry)
		return 0;
	int r = deferred_dirs_add(apply->unpack.tree.deferred, "", apply->unpack.spec->root,
		root->times, steal_ptr(&root->acl), root->acl_size);
	return r < 0 ? error_fail(err, r, "remember the root") : 0;
}

static int apply_all_and_root(struct apply *apply, struct shale_error *err)
{
	struct dir_metadata root;
	int r = root_metadata_take(apply->unpack.spec, &root);

	if (r < 0)
		return error_fail(err, r, "look at the root");
	r = apply_all(apply, err);
	if (r >= 0)
		r = finish_root(apply, &root, err);
	free(root.acl);
	return r;
}

static int apply_stream(struct apply *apply, struct shale_error *err)
{
	int r = apply_all_and_root(apply, err);

	if (r >= 0)
		r = tarstream_finish(apply->unpack.files.stream, apply->result.diff_id, err);
	apply->result.lacks_end = tarstream_lacks_end(apply->unpack.files.stream);
	if (r >= 0)
		r = layer_tree_clear(
			&apply->unpack.tree, apply->unpack.spec->root, AUFS_LINKS, false, err);
	if (r >= 0)
		r = layer_tree_hide_all(&apply->unpack.tree, err);
	if (r >= 0)
		r = layer_tree_prune(&apply->unpack.tree, err);
	if (r >= 0)
		r = deferred_dirs_run(apply->unpack.tree.deferred, &apply->unpack.restore, err);
	if (r >= 0 && apply->unpack.tree.record)
		r = stream_record_finish(apply->unpack.tree.record, apply->unpack.spec->root, err);
	return r;
}

static struct apply_limits limits_of(const struct apply_spec *spec)
{
	struct apply_limits limits = spec->limits ? *spec->limits : default_limits;

	if (!limits.entries)
		limits.entries = default_limits.entries;
	if (!limits.bytes)
		limits.bytes = default_limits.bytes;
	if (!limits.name)
		limits.name = default_limits.name;
	if (!limits.xattrs)
		limits.xattrs = default_limits.xattrs;
	if (!limits.xattr_bytes)
		limits.xattr_bytes = default_limits.xattr_bytes;
	return limits;
}

int apply_tar(const struct apply_spec *spec, struct apply_result *ret, struct shale_error *err)
{
	auto_ctype_locale struct ctype_locale locale = ctype_locale_use("C");
	auto_tarstream struct tarstream *stream = NULL;
	auto_deferred_dirs struct deferred_dirs *deferred = deferred_dirs_new();
	struct apply apply = { .limits = limits_of(spec), .unpack = { .spec = spec } };
	struct unpack *unpack = &apply.unpack;

	unpack->restore = (struct restore){ spec, &apply.limits, &apply.result.skipped_xattrs };
	if (!deferred || !locale.ours || unpack_files_open(&unpack->files, &unpack->restore) < 0)
		return error_fail(err, -ENOMEM, "apply a layer");
	auto_stream_record struct stream_record record = STREAM_RECORD_NONE;
	int r = spec->record
			? stream_record_begin(spec->record->dir, spec->record->aside, &record, err)
			: 0;
	const struct tarstream_source source = {
		{ spec->read, spec->arg, apply.limits.ratio, spec->digest_as }, record.tap
	};
	if (r == 0)
		r = tarstream_open(&source, &stream, err);
	unpack->files.stream = stream;
	unpack->tree = (struct layer_tree){ .spec = spec,
		.deferred = deferred,
		.record = spec->record ? &record : NULL,
		.parent = -1,
		.cache = DIR_CACHE(spec->root),
		.whiteouts = PATHLOG };
	if (r == 0)
		r = apply_stream(&apply, err);
	layer_tree_close(&unpack->tree);
	unpack_files_close(&unpack->files);
	apply.result.bytes = unpack->files.bytes;
	apply.result.skipped_devices = unpack->skipped.devices;
	unpack_skipped_free(&unpack->skipped);
	if (r < 0)
		return r;
	*ret = apply.result;
	return 0;
}
