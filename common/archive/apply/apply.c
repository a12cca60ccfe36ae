/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/apply.h"

#include "common/archive/ctype_locale.h"
#include "common/archive/apply/implied_dirs.h"
#include "common/archive/apply/prune_whiteouts.h"
#include "common/archive/apply/unpack_file.h"
#include "common/base/scope.h"
#include "common/base/error.h"

static const struct apply_limits default_limits = { .entries = 50 * 1000 * 1000,
	.bytes = UINT64_MAX,
	.name = 1024 * 1024,
	.xattrs = 1000,
	.xattr_bytes = 512 * 1024 };

struct apply {
	struct unpack unpack;
	struct apply_result result;
};

static int mark_opaque(struct apply *apply, const struct entry_name *name, struct shale_error *err)
{
	if (apply->unpack.spec->bottom)
		return 0;
	if (!*name->parent) {
		apply->unpack.place.root_opaque = true;
		return 0;
	}
	int r = place_hides(&apply->unpack.place, name->parent, err);
	if (r <= 0)
		return r;
	int dirfd = place_parent(&apply->unpack.place, name->parent, err);
	return dirfd < 0 ? dirfd : place_opaque(&apply->unpack.place, dirfd, err);
}

static int apply_entry(
	struct apply *apply, const char *raw, struct archive_entry *entry, struct shale_error *err)
{
	auto_entry_name struct entry_name name = { 0 };

	int r = entry_name_parse(raw, apply->unpack.limits.name, &name, err);
	if (r < 0)
		return r;
	switch (name.kind) {
	case ENTRY_ROOT:
		return unpack_root(&apply->unpack, entry, err);
	case ENTRY_WHITEOUT:
		if (apply->unpack.spec->bottom)
			return 0;
		return place_whiteout(&apply->unpack.place, name.parent, name.base, err);
	case ENTRY_OPAQUE:
		return mark_opaque(apply, &name, err);
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

	while ((r = tarstream_next(apply->unpack.stream, &entry, err)) > 0 &&
		!backlog_failed(apply->unpack.backlog)) {
		const char *name = archive_entry_pathname(entry);
		if (!name)
			return error_fail_plain(err, -EBADMSG, "an entry has no name");
		if (++apply->result.entries > apply->unpack.limits.entries)
			return error_fail_plain(err, -E2BIG, "the layer has more than %llu entries",
				(unsigned long long)apply->unpack.limits.entries);
		r = apply_entry(apply, name, entry, err);
		if (r < 0)
			return error_fail(err, r, "apply entry '%.300s'", name);
	}
	return r;
}

/* What failed in an earlier entry comes before what failed in a later one. */
static int apply_all(struct apply *apply, struct shale_error *err)
{
	struct shale_error earlier = { 0 };
	int r = apply_entries(apply, err);
	int behind = backlog_finish(apply->unpack.backlog, &earlier);

	if (behind < 0 && err)
		*err = earlier;
	return behind < 0 ? behind : r;
}

/* Of a root that no entry told of: names that came into it have moved its time. */
static int finish_root(struct apply *apply, struct implied *root, struct shale_error *err)
{
	if (apply->unpack.told_of_root)
		return 0;
	int r = deferred_dirs_add(apply->unpack.place.late, "", apply->unpack.spec->root,
		root->times, steal_ptr(&root->acl), root->acl_size);
	return r < 0 ? error_fail(err, r, "remember the root") : 0;
}

static int apply_all_and_root(struct apply *apply, struct shale_error *err)
{
	struct implied root;
	int r = implied_root(apply->unpack.spec, &root);

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
		r = tarstream_finish(apply->unpack.stream, apply->result.diff_id, err);
	apply->result.lacks_end = tarstream_lacks_end(apply->unpack.stream);
	if (r >= 0)
		r = place_hide_all(&apply->unpack.place, err);
	if (r >= 0)
		r = place_prune(&apply->unpack.place, err);
	if (r >= 0)
		r = deferred_dirs_run(apply->unpack.place.late, &apply->unpack.restore, err);
	if (r >= 0 && apply->unpack.place.record)
		r = stream_record_finish(apply->unpack.place.record, apply->unpack.spec->root, err);
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
	auto_late struct deferred_dirs *late = deferred_dirs_new();
	auto_datasum struct datasum *datasum = spec->wrote ? datasum_new() : NULL;
	auto_datasum struct datasum *behind = spec->wrote ? datasum_new() : NULL;
	struct apply apply = { .unpack = { .spec = spec, .limits = limits_of(spec) } };
	struct unpack *unpack = &apply.unpack;
	const struct backlog_work work = { unpack_regular_complete, unpack };
	auto_backlog struct backlog *backlog = backlog_new(&work);

	if (!late || !locale.ours || !backlog || (spec->wrote && (!datasum || !behind)))
		return error_fail(err, -ENOMEM, "apply a layer");
	auto_stream_record struct stream_record record = STREAM_RECORD_NONE;
	int r = spec->record
			? stream_record_begin(spec->record->dir, spec->record->aside, &record, err)
			: 0;
	const struct tarstream_source source = {
		{ spec->read, spec->arg, apply.unpack.limits.ratio, spec->digest_as }, record.tap
	};
	if (r == 0)
		r = tarstream_open(&source, &stream, err);
	if (r < 0)
		return r;
	unpack->stream = stream;
	unpack->datasum = datasum;
	unpack->behind = behind;
	unpack->backlog = backlog;
	unpack->restore = (struct restore){ spec, &unpack->limits, &apply.result.skipped_xattrs };
	unpack->place = (struct place){ .spec = spec,
		.late = late,
		.record = spec->record ? &record : NULL,
		.parent = -1,
		.way = WAY(spec->root),
		.whiteouts = PATHLOG };
	r = apply_stream(&apply, err);
	place_close(&unpack->place);
	if (r < 0)
		return r;
	apply.result.bytes = unpack->bytes;
	apply.result.skipped_devices = unpack->skipped_devices;
	*ret = apply.result;
	return 0;
}
