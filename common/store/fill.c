/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/fill.h"

#include "common/cleanup.h"
#include "common/error.h"
#include "common/store/flusher.h"
#include "common/store/limit.h"
#include "common/store/original.h"
#include "common/store/private.h"
#include "common/store/store.h"
#include "common/store/sums.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define auto_roots __attribute__((cleanup(shale_layer_roots_free)))

static int note_skipped(json_t *record, const char *key, uint64_t n)
{
	json_object_del(record, key);
	return n ? json_object_set_new(record, key, json_integer((json_int_t)n)) : 0;
}

/* A digest that is right vouches for the end of the stream. */
static int note(json_t *record, const struct shale_apply_result *result, bool verified)
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

	if (!text || !*text || shale_limit_parse(text, ret) == 0)
		return 0;
	shale_fail_plain(err, -EINVAL, "%s='%s': not a size", variable, text);
	return shale_remedy(err, -EINVAL, "write it like %s=10G", variable);
}

static int limits_from_environment(struct shale_apply_limits *ret, struct shale_error *err)
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
	struct shale_noted *noted;
	struct shale_flusher *flusher;
};

static int hear(void *arg, const struct stat *st, const struct shale_digest *digest, bool plain)
{
	const struct listeners *listeners = arg;

	shale_flusher_add(listeners->flusher, (uint64_t)st->st_size);
	return shale_noted_add(listeners->noted, st, digest, plain);
}

/* A place for files that entries replace; it goes with the staging. */
static int make_aside(const struct shale_draft *draft)
{
	int r = sys(mkdirat(draft->staging.dir, "aside", 0700));

	return r < 0 ? r
		     : sys(openat(draft->staging.dir, "aside",
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* What a layer's tar does not say of a directory, the layers below it do. */
static int apply(struct shale_store *store, struct shale_draft *draft, struct shale_fill *fill,
	struct listeners *listeners, struct shale_error *err)
{
	auto_roots struct shale_layer_roots below = { 0 };
	struct shale_apply_limits limits = { 0 };
	int r = *draft->parent ? shale_store_layer_roots(store, draft->parent, &below, err) : 0;

	if (r == 0)
		r = limits_from_environment(&limits, err);
	if (r < 0)
		return r;
	bool record = listeners->noted && !fill->no_original;
	auto_close int aside = record ? make_aside(draft) : -1;
	if (record && aside < 0)
		return shale_fail(err, aside, "make room for files that are replaced");
	const struct shale_apply_spec spec = { .root = draft->diff,
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
		.record = record ? &(struct shale_apply_record){ draft->dir, aside } : NULL };
	return shale_apply_tar(&spec, &fill->result, err);
}

/* A writable layer will change. */
static int write_sums(struct shale_draft *draft, struct shale_noted *noted, struct shale_error *err)
{
	char hex[SHALE_SUMS_HEX];

	json_object_del(draft->record, SHALE_SUMS_KEY);
	if (!noted)
		return 0;
	int r = shale_sums_write(noted, draft->dir, hex, err);
	if (r == 0 && json_object_set_new(draft->record, SHALE_SUMS_KEY, json_string(hex)) < 0)
		return -ENOMEM;
	return r;
}

/* The sums are collected while the last of the files go to the disk. */
static int apply_and_write_sums(struct shale_store *store, struct shale_draft *draft,
	struct shale_fill *fill, struct shale_noted *noted, struct shale_error *err)
{
	auto_flusher struct shale_flusher *flusher = shale_flusher_start(store->home);
	struct listeners listeners = { noted, flusher };
	int r = apply(store, draft, fill, &listeners, err);

	if (r == 0)
		shale_flusher_finish(flusher);
	if (r == 0 && fill->verify)
		r = fill->verify(&fill->result, fill->arg, err);
	if (r == 0)
		r = write_sums(draft, noted, err);
	json_object_del(draft->record, SHALE_ORIGINAL_KEY);
	if (r == 0 && noted && !fill->no_original)
		r = shale_original_note(draft->dir, draft->record, err);
	if (r < 0)
		return r;
	r = shale_flusher_stop(steal_ptr(&flusher));
	return r < 0 ? shale_fail(err, r, "write to disk") : 0;
}

int shale_draft_fill(struct shale_store *store, struct shale_draft *draft, struct shale_fill *fill,
	struct shale_error *err)
{
	const char *kind = json_string_value(json_object_get(draft->record, "kind"));
	bool immutable = kind && !strcmp(kind, "layer");
	auto_noted struct shale_noted *noted = immutable ? shale_noted_new() : NULL;

	if (immutable && !noted)
		return shale_fail(err, -ENOMEM, "layer '%s'", draft->id);
	draft->filled = true;
	int r = apply_and_write_sums(store, draft, fill, noted, err);
	if (r == 0)
		r = note(draft->record, &fill->result, fill->digest_as != NULL);
	return r < 0 ? shale_fail(err, r, "layer '%s'", draft->id) : 0;
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
	auto_layer struct shale_layer layer = SHALE_LAYER_NONE;
	auto_draft struct shale_draft draft = SHALE_DRAFT_NONE;
	struct fd_source source = { .fd = fd };
	struct shale_fill fill = { .read = read_fd, .arg = &source };
	int r = shale_layer_open(store, id, &layer, err);

	if (r < 0)
		return r;
	r = shale_draft_may_replace(store, &layer, err);
	if (r == 0)
		r = shale_draft_begin_replacement(store, &layer, &draft, err);
	if (r == 0)
		r = shale_draft_fill(store, &draft, &fill, err);
	if (r == 0)
		r = shale_draft_replace(store, &draft, &layer, err);
	if (r == 0 && ret_bytes)
		*ret_bytes = fill.result.bytes;
	return r;
}
