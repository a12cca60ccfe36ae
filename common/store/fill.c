/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/fill.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/flusher.h"
#include "common/store/mount/limit.h"
#include "common/store/original.h"
#include "common/store/private.h"
#include "common/store/store.h"
#include "common/store/sums/sums.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define auto_roots __attribute__((cleanup(layer_roots_free)))

static int note_skipped(json_t *record, const char *key, uint64_t n)
{
	json_object_del(record, key);
	return n ? json_object_set_new(record, key, json_integer((json_int_t)n)) : 0;
}

/* A digest that is right vouches for the end of the stream. */
static int note(json_t *record, const struct apply_result *result, bool verified)
{
	int r = json_object_set_new(record, "size", json_integer((json_int_t)result->bytes));

	r |= json_object_set_new(record, "entries", json_integer((json_int_t)result->entries));
	r |= json_object_set_new(record, "diff-id", json_string(result->diff_id));
	r |= note_skipped(record, "skipped-devices", result->skipped_devices);
	r |= note_skipped(record, "skipped-xattrs", result->skipped_xattrs);
	json_object_del(record, "end");
	if (result->lacks_end && !verified)
		r |= json_object_set_new(record, "end", json_string("missing"));
	return r ? -ENOMEM : 0;
}

/* RET stays as it is where the variable says nothing. */
static int limit_from_environment(const char *variable, uint64_t *ret, struct shale_error *err)
{
	const char *text = secure_getenv(variable);

	if (!text || !*text || limit_parse(text, ret) == 0)
		return 0;
	error_fail_plain(err, -EINVAL, "%s='%s': not a size", variable, text);
	return error_remedy(err, -EINVAL, "write it like %s=10G", variable);
}

static int limits_from_environment(struct apply_limits *ret, struct shale_error *err)
{
	uint64_t xattrs = 0, xattr_bytes = 0;
	const struct {
		const char *variable;
		uint64_t *limit;
	} all[] = { { "SHALE_MAX_BYTES", &ret->bytes }, { "SHALE_MAX_ENTRIES", &ret->entries },
		{ "SHALE_MAX_RATIO", &ret->ratio }, { "SHALE_MAX_XATTRS", &xattrs },
		{ "SHALE_MAX_XATTR_BYTES", &xattr_bytes } };
	int r = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all) && r == 0; i++)
		r = limit_from_environment(all[i].variable, all[i].limit, err);
	ret->xattrs = xattrs;
	ret->xattr_bytes = xattr_bytes;
	return r;
}

/* Who hears of each file that was written. */
struct listeners {
	struct noted *noted;
	struct flusher *flusher;
};

static int hear(void *arg, const struct stat *st, const struct digest *digest, bool plain)
{
	const struct listeners *listeners = arg;

	flusher_add(listeners->flusher, (uint64_t)st->st_size);
	return noted_add(listeners->noted, st, digest, plain);
}

/* A place for files that entries replace; it goes with the staging. */
static int make_aside(const struct draft *draft)
{
	int r = sys(mkdirat(draft->staging.dir, "aside", 0700));

	return r < 0 ? r
		     : sys(openat(draft->staging.dir, "aside",
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* What a layer's tar does not say of a directory, the layers below it do. */
static int apply(struct shale_store *store, struct draft *draft, struct fill *fill,
	struct listeners *listeners, struct shale_error *err)
{
	auto_roots struct layer_roots below = { 0 };
	struct apply_limits limits = { 0 };
	int r = *draft->parent ? store_layer_roots(store, draft->parent, &below, err) : 0;

	if (r == 0)
		r = limits_from_environment(&limits, err);
	if (r < 0)
		return r;
	bool record = listeners->noted && !fill->no_original;
	auto_close int aside = record ? make_aside(draft) : -1;
	if (record && aside < 0)
		return error_fail(err, aside, "make room for files that are replaced");
	const struct apply_spec spec = { .root = draft->diff,
		.class = store->config.class,
		.keep_labels = store->config.keep_labels,
		.ownership = store->config.ownership,
		.read = fill->read,
		.arg = fill->arg,
		.bottom = !draft->parent[0],
		.below = below.fds,
		.n_below = below.n,
		.n_below_aufs = below.n_aufs,
		.digest_as = fill->digest_as,
		.limits = &limits,
		.wrote = listeners->noted ? hear : NULL,
		.wrote_arg = listeners,
		.record = record ? &(struct apply_record){ draft->dir, aside } : NULL };
	return apply_tar(&spec, &fill->result, err);
}

/* A writable layer will change. */
static int write_sums(struct draft *draft, struct noted *noted, struct shale_error *err)
{
	char hex[SUMS_HEX];

	json_object_del(draft->record, SUMS_KEY);
	if (!noted)
		return 0;
	int r = sums_write(noted, draft->dir, hex, err);
	if (r == 0 && json_object_set_new(draft->record, SUMS_KEY, json_string(hex)) < 0)
		return -ENOMEM;
	return r;
}

/* The sums are collected while the last of the files go to the disk. */
static int apply_and_write_sums(struct shale_store *store, struct draft *draft, struct fill *fill,
	struct noted *noted, struct shale_error *err)
{
	auto_flusher struct flusher *flusher = flusher_start(store->home);
	struct listeners listeners = { noted, flusher };
	int r = apply(store, draft, fill, &listeners, err);

	if (r == 0)
		flusher_finish(flusher);
	if (r == 0 && fill->verify)
		r = fill->verify(&fill->result, fill->arg, err);
	if (r == 0)
		r = write_sums(draft, noted, err);
	json_object_del(draft->record, ORIGINAL_KEY);
	if (r == 0 && noted && !fill->no_original)
		r = original_note(draft->dir, draft->record, err);
	if (r < 0)
		return r;
	r = flusher_stop(steal_ptr(&flusher));
	return r < 0 ? error_fail(err, r, "write to disk") : 0;
}

int draft_fill(
	struct shale_store *store, struct draft *draft, struct fill *fill, struct shale_error *err)
{
	const char *kind = json_string_value(json_object_get(draft->record, "kind"));
	bool immutable = kind && !strcmp(kind, "layer");
	auto_noted struct noted *noted = immutable ? noted_new() : NULL;

	if (immutable && !noted)
		return error_fail(err, -ENOMEM, "layer '%s'", draft->id);
	draft->filled = true;
	int r = apply_and_write_sums(store, draft, fill, noted, err);
	if (r == 0)
		r = note(draft->record, &fill->result, fill->digest_as != NULL);
	return r < 0 ? error_fail(err, r, "layer '%s'", draft->id) : 0;
}

struct fd_source {
	int fd;
};

static int64_t read_fd(void *arg, void *buf, size_t size)
{
	const struct fd_source *source = arg;
	ssize_t n;

	do
		n = read(source->fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int shale_layer_apply_diff(struct shale_store *store, const char *id, int fd, uint64_t *ret_bytes,
	struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	auto_draft struct draft draft = DRAFT_NONE;
	struct fd_source source = { .fd = fd };
	struct fill fill = { .read = read_fd, .arg = &source };
	int r = layer_open(store, id, &layer, err);

	if (r < 0)
		return r;
	r = draft_may_replace(store, &layer, err);
	if (r == 0)
		r = draft_begin_replacement(store, &layer, &draft, err);
	if (r == 0)
		r = draft_fill(store, &draft, &fill, err);
	if (r == 0)
		r = draft_replace(store, &draft, &layer, err);
	if (r == 0 && ret_bytes)
		*ret_bytes = fill.result.bytes;
	return r;
}
