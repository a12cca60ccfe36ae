/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/fill.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/option_struct.h"
#include "common/base/size.h"
#include "common/store/flusher.h"
#include "common/store/size_limit.h"
#include "common/store/original_stream.h"
#include "common/store/store_struct.h"
#include "common/store/store.h"
#include "common/store/sums/sums.h"
#include "common/store/layer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define auto_roots __attribute__((cleanup(layer_roots_free)))

static int note_skipped(json_t *record, const char *key, uint64_t n)
{
	json_object_del(record, key);
	return n ? json_object_set_new(record, key, json_integer((json_int_t)n)) : 0;
}

/* Notes size, entries and diff id of the stream in the record. VERIFIED: a digest matched, so the
 * stream is complete. */
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

static struct apply_limits limits_of(const struct shale_limits *limits)
{
	if (!limits)
		return (struct apply_limits){ 0 };
	return (struct apply_limits){ .bytes = limits->bytes,
		.entries = limits->entries,
		.ratio = limits->ratio,
		.xattrs = limits->xattrs,
		.xattr_bytes = limits->xattr_bytes };
}

/* Reads the variable VARIABLE of the environment into *RET, unless the caller has set *RET or the
 * variable is empty. */
static int limit_from_environment(const char *variable, uint64_t *ret, struct shale_error *err)
{
	const char *text = secure_getenv(variable);

	if (*ret || !text || !*text || size_parse(text, ret) == 0)
		return 0;
	error_fail_plain(err, -EINVAL, "%s='%s': not a size", variable, text);
	return error_remedy(err, -EINVAL, "write it like %s=10G", variable);
}

static int limits_from_environment(struct apply_limits *ret, struct shale_error *err)
{
	uint64_t xattrs = ret->xattrs, xattr_bytes = ret->xattr_bytes;
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

/* Objects that learn of each written file. */
struct listeners {
	struct noted *noted;
	struct flusher *flusher;
};

static int hear(void *arg, const struct stat *st, const struct digest *digest, bool plain)
{
	const struct listeners *listeners = arg;

	if (digest)
		flusher_add(listeners->flusher, (uint64_t)st->st_size);
	return noted_add(listeners->noted, st, digest, plain);
}

/* Makes the directory for files that a later entry of the stream replaces. It is removed with the
 * staging directory. */
static int make_aside(const struct draft *draft)
{
	int r = sys(mkdirat(draft->staging.dir, "aside", 0700));

	return r < 0 ? r
		     : sys(openat(draft->staging.dir, "aside",
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* Opens the roots of the layers below the draft, topmost first. */
static int open_roots_below(struct shale_store *store, const struct draft *draft,
	const struct fill *fill, struct layer_roots *ret, struct shale_error *err)
{
	const char *published = fill->parent ? fill->parent->parent : draft->parent;
	int r = *published ? store_layer_roots(store, published, ret, err) : 0;

	if (r < 0 || !fill->parent)
		return r;
	auto_close int top = sys(fcntl(fill->parent->diff, F_DUPFD_CLOEXEC, 0));
	r = top < 0 ? top : layer_roots_put(ret, fill->parent->id, top);
	if (r < 0)
		return error_fail(err, r, "open the root of layer '%s'", fill->parent->id);
	(void)steal_fd(&top);
	return 0;
}

/* Unpacks the stream. Passes the roots of the layers below, because a directory without an entry in
 * the tar takes its metadata from there. */
static int apply(struct shale_store *store, struct draft *draft, struct fill *fill,
	struct listeners *listeners, struct shale_error *err)
{
	auto_roots struct layer_roots below = { 0 };
	struct apply_limits limits = limits_of(fill->limits);
	int r = open_roots_below(store, draft, fill, &below, err);

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

/* Writes the digests of an immutable layer. A writable layer gets none, since it will change. */
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

static bool is_immutable(const struct draft *draft)
{
	const char *kind = json_string_value(json_object_get(draft->record, "kind"));

	return kind && !strcmp(kind, "layer");
}

int fill_unpack(
	struct shale_store *store, struct draft *draft, struct fill *fill, struct shale_error *err)
{
	fill->noted = is_immutable(draft) ? noted_new() : NULL;
	if (is_immutable(draft) && !fill->noted)
		return error_fail(err, -ENOMEM, "layer '%s'", draft->id);
	draft->filled = true;
	fill->flusher = flusher_start(store->home);
	struct listeners listeners = { fill->noted, fill->flusher };
	int r = apply(store, draft, fill, &listeners, err);

	if (r == 0)
		flusher_finish(fill->flusher);
	if (r == 0 && fill->verify)
		r = fill->verify(&fill->result, fill->arg, err);
	return r < 0 ? error_fail(err, r, "layer '%s'", draft->id) : 0;
}

/* The digests are computed while the last files are synced. */
int fill_finish(struct draft *draft, struct fill *fill, struct shale_error *err)
{
	int r = write_sums(draft, fill->noted, err);

	json_object_del(draft->record, ORIGINAL_STREAM_KEY);
	if (r == 0 && fill->noted && !fill->no_original)
		r = original_stream_note(draft->dir, draft->record, err);
	if (r == 0) {
		r = flusher_stop(steal_ptr(&fill->flusher));
		if (r < 0)
			error_fail(err, r, "write to disk");
	}
	if (r == 0)
		r = note(draft->record, &fill->result, fill->digest_as != NULL);
	return r < 0 ? error_fail(err, r, "layer '%s'", draft->id) : 0;
}

void fill_free(struct fill *fill)
{
	flusher_stop(steal_ptr(&fill->flusher));
	noted_free(steal_ptr(&fill->noted));
}

int fill_draft(
	struct shale_store *store, struct draft *draft, struct fill *fill, struct shale_error *err)
{
	int r = fill_unpack(store, draft, fill, err);

	if (r == 0)
		r = fill_finish(draft, fill, err);
	fill_free(fill);
	return r;
}

struct fd_source {
	int fd;
	struct progress *progress;
	const char *diff_id; /* the digest that the tar must have; NULL: any */
};

static int64_t read_fd(void *arg, void *buf, size_t size)
{
	const struct fd_source *source = arg;
	ssize_t n;

	do
		n = read(source->fd, buf, size);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	int r = n > 0 ? progress_add(source->progress, (uint64_t)n)
		      : progress_end(source->progress);
	return r < 0 ? r : n;
}

static int check_diff_id(const struct apply_result *result, void *arg, struct shale_error *err)
{
	const struct fd_source *source = arg;

	if (!source->diff_id || !strcmp(source->diff_id, result->diff_id))
		return 0;
	return error_fail_plain(err, -EBADMSG, "its tar has the digest %s, and not %s",
		result->diff_id, source->diff_id);
}

static int apply_fd(
	struct shale_store *store, const char *id, struct fill *fill, struct shale_error *err)
{
	auto_layer struct layer layer = LAYER_NONE;
	auto_draft struct draft draft = DRAFT_NONE;
	int r = layer_open(store, id, &layer, err);

	if (r < 0)
		return r;
	r = draft_may_replace(store, &layer, fill->hold, err);
	if (r == 0)
		r = draft_begin_replacement(store, &layer, &draft, err);
	draft.hold = fill->hold;
	if (r == 0)
		r = fill_draft(store, &draft, fill, err);
	return r == 0 ? draft_replace(store, &draft, &layer, err) : r;
}

static struct shale_apply_result *result_new(const struct apply_result *from, bool verified)
{
	size_t length = strlen(from->diff_id) + 1;
	struct shale_apply_result *result = malloc(sizeof(*result) + length);

	if (!result)
		return NULL;
	*result = (struct shale_apply_result){ .bytes = from->bytes,
		.entries = from->entries,
		.diff_id = memcpy(result + 1, from->diff_id, length),
		.skipped_devices = from->skipped_devices,
		.skipped_xattrs = from->skipped_xattrs,
		.warnings = (from->skipped_devices ? SHALE_WARN_DEVICES : 0) |
			    (from->skipped_xattrs ? SHALE_WARN_XATTRS : 0) |
			    (from->lacks_end && !verified ? SHALE_WARN_NO_END : 0) };
	return result;
}

/* Returns the number of bytes from the position of FD to the end of the file; 0 if FD is not
 * seekable. */
static uint64_t bytes_to_read(int fd)
{
	struct stat st;
	off_t at = lseek(fd, 0, SEEK_CUR);

	if (at < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < at)
		return 0;
	return (uint64_t)(st.st_size - at);
}

static int take_options(const struct shale_apply_options *theirs, struct shale_apply_options *ret,
	struct shale_limits *ret_limits, struct shale_error *err)
{
	int r = option_struct_take(ret, sizeof(*ret), theirs, "apply", err);

	if (r == 0)
		r = option_struct_take(
			ret_limits, sizeof(*ret_limits), ret->limits, "apply: limits", err);
	if (r == 0 && ret->diff_id && !digest_is_valid(ret->diff_id))
		r = error_fail_plain(err, -EINVAL, "apply: '%s' is no digest", ret->diff_id);
	return r;
}

int shale_layer_apply(struct shale_store *store, const char *id, int fd,
	const struct shale_apply_options *options, struct shale_apply_result **ret,
	struct shale_error *err)
{
	struct shale_apply_options mine;
	struct shale_limits limits;
	int r = take_options(options, &mine, &limits, err);

	if (r < 0)
		return r;
	struct progress progress = { .fn = mine.progress, .arg = mine.progress_arg };
	struct fd_source source = { fd, &progress, mine.diff_id };
	struct fill fill = { .read = read_fd,
		.verify = check_diff_id,
		.arg = &source,
		.digest_as = mine.diff_id,
		.hold = mine.hold,
		.limits = &limits };
	r = progress_start(&progress, id, bytes_to_read(fd));
	r = r < 0 ? error_fail(err, r, "layer '%s'", id) : apply_fd(store, id, &fill, err);
	if (r == 0 && ret) {
		*ret = result_new(&fill.result, mine.diff_id);
		r = *ret ? 0 : error_fail(err, -ENOMEM, "layer '%s'", id);
	}
	return store_explain_full(store, r, err);
}
