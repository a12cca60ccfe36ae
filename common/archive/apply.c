/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply.h"

#include "common/archive/ctype_locale.h"
#include "common/archive/implied.h"
#include "common/archive/prune.h"
#include "common/archive/unpack_file.h"
#include "common/cleanup.h"
#include "common/error.h"

static const struct shale_apply_limits default_limits = { .entries = 50 * 1000 * 1000,
	.bytes = UINT64_MAX,
	.name = 1024 * 1024,
	.xattrs = 1000,
	.xattr_bytes = 512 * 1024 };

struct apply {
	struct shale_unpack unpack;
	struct shale_apply_result result;
};

static int mark_opaque(
	struct apply *apply, const struct shale_entry_name *name, struct shale_error *err)
{
	if (apply->unpack.spec->bottom)
		return 0;
	if (!*name->parent) {
		apply->unpack.place.root_opaque = true;
		return 0;
	}
	int r = shale_place_hides(&apply->unpack.place, name->parent, err);
	if (r <= 0)
		return r;
	int dirfd = shale_place_parent(&apply->unpack.place, name->parent, err);
	return dirfd < 0 ? dirfd : shale_place_opaque(&apply->unpack.place, dirfd, err);
}

static int apply_entry(
	struct apply *apply, const char *raw, struct archive_entry *entry, struct shale_error *err)
{
	auto_entry_name struct shale_entry_name name = { 0 };

	int r = shale_entry_name_parse(raw, apply->unpack.limits.name, &name, err);
	if (r < 0)
		return r;
	switch (name.kind) {
	case SHALE_ENTRY_ROOT:
		return shale_unpack_root(&apply->unpack, entry, err);
	case SHALE_ENTRY_WHITEOUT:
		if (apply->unpack.spec->bottom)
			return 0;
		return shale_place_whiteout(&apply->unpack.place, name.parent, name.base, err);
	case SHALE_ENTRY_OPAQUE:
		return mark_opaque(apply, &name, err);
	case SHALE_ENTRY_SKIP:
		return 0;
	default:
		return shale_unpack_entry(&apply->unpack, &name, entry, err);
	}
}

static int apply_entries(struct apply *apply, struct shale_error *err)
{
	struct archive_entry *entry;
	int r;

	while ((r = shale_tarstream_next(apply->unpack.stream, &entry, err)) > 0 &&
		!shale_backlog_failed(apply->unpack.backlog)) {
		const char *name = archive_entry_pathname(entry);
		if (!name)
			return shale_fail_plain(err, -EBADMSG, "an entry has no name");
		if (++apply->result.entries > apply->unpack.limits.entries)
			return shale_fail_plain(err, -E2BIG, "the layer has more than %llu entries",
				(unsigned long long)apply->unpack.limits.entries);
		r = apply_entry(apply, name, entry, err);
		if (r < 0)
			return shale_fail(err, r, "apply entry '%.300s'", name);
	}
	return r;
}

/* What failed in an earlier entry comes before what failed in a later one. */
static int apply_all(struct apply *apply, struct shale_error *err)
{
	struct shale_error earlier = { 0 };
	int r = apply_entries(apply, err);
	int behind = shale_backlog_finish(apply->unpack.backlog, &earlier);

	if (behind < 0 && err)
		*err = earlier;
	return behind < 0 ? behind : r;
}

/* Of a root that no entry told of: names that came into it have moved its time. */
static int finish_root(struct apply *apply, struct shale_implied *root, struct shale_error *err)
{
	if (apply->unpack.told_of_root)
		return 0;
	int r = shale_late_add(apply->unpack.place.late, "", apply->unpack.spec->root, root->times,
		steal_ptr(&root->acl), root->acl_size);
	return r < 0 ? shale_fail(err, r, "remember the root") : 0;
}

static int apply_all_and_root(struct apply *apply, struct shale_error *err)
{
	struct shale_implied root;
	int r = shale_implied_root(apply->unpack.spec, &root);

	if (r < 0)
		return shale_fail(err, r, "look at the root");
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
		r = shale_tarstream_finish(apply->unpack.stream, apply->result.diff_id, err);
	apply->result.lacks_end = shale_tarstream_lacks_end(apply->unpack.stream);
	if (r >= 0)
		r = shale_place_hide_all(&apply->unpack.place, err);
	if (r >= 0)
		r = shale_prune(&apply->unpack.place, err);
	if (r >= 0)
		r = shale_late_run(apply->unpack.place.late, &apply->unpack.restore, err);
	if (r >= 0 && apply->unpack.place.record)
		r = shale_stream_record_finish(
			apply->unpack.place.record, apply->unpack.spec->root, err);
	return r;
}

static struct shale_apply_limits limits_of(const struct shale_apply_spec *spec)
{
	struct shale_apply_limits limits = spec->limits ? *spec->limits : default_limits;

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

int shale_apply_tar(const struct shale_apply_spec *spec, struct shale_apply_result *ret,
	struct shale_error *err)
{
	auto_ctype_locale struct shale_ctype_locale locale = shale_ctype_locale_use("C");
	auto_tarstream struct shale_tarstream *stream = NULL;
	auto_late struct shale_late *late = shale_late_new();
	auto_datasum struct shale_datasum *datasum = spec->wrote ? shale_datasum_new() : NULL;
	auto_datasum struct shale_datasum *behind = spec->wrote ? shale_datasum_new() : NULL;
	struct apply apply = { .unpack = { .spec = spec, .limits = limits_of(spec) } };
	struct shale_unpack *unpack = &apply.unpack;
	const struct shale_backlog_work work = { shale_unpack_complete, unpack };
	auto_backlog struct shale_backlog *backlog = shale_backlog_new(&work);

	if (!late || !locale.ours || !backlog || (spec->wrote && (!datasum || !behind)))
		return shale_fail(err, -ENOMEM, "apply a layer");
	auto_stream_record struct shale_stream_record record = SHALE_STREAM_RECORD_NONE;
	int r = spec->record ? shale_stream_record_begin(
				       spec->record->dir, spec->record->aside, &record, err)
			     : 0;
	const struct shale_tarstream_source source = {
		{ spec->read, spec->arg, apply.unpack.limits.ratio, spec->digest_as }, record.tap
	};
	if (r == 0)
		r = shale_tarstream_open(&source, &stream, err);
	if (r < 0)
		return r;
	unpack->stream = stream;
	unpack->datasum = datasum;
	unpack->behind = behind;
	unpack->backlog = backlog;
	unpack->restore = (struct shale_restore){ spec, &unpack->limits,
		&apply.result.skipped_xattrs };
	unpack->place = (struct shale_place){ .spec = spec,
		.late = late,
		.record = spec->record ? &record : NULL,
		.parent = -1,
		.way = SHALE_WAY(spec->root),
		.whiteouts = SHALE_PATHLOG };
	r = apply_stream(&apply, err);
	shale_place_close(&unpack->place);
	if (r < 0)
		return r;
	apply.result.bytes = unpack->bytes;
	apply.result.skipped_devices = unpack->skipped_devices;
	*ret = apply.result;
	return 0;
}
