/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-docker/diffs.h"

#include "common/base/scope.h"
#include "tools/jsontext.h"
#include "tools/shale-docker/graphdriver.h"
#include "tools/service/failure.h"
#include "tools/shale-docker/request.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A layer, and the layer with which it is compared. */
struct pair {
	const char *id;
	const char *parent; /* NULL: compare with the layer's own parent */
	char own[160];
};

static int keep_parent(const char *key, const char *value, void *arg)
{
	struct pair *pair = arg;

	if (strcmp(key, "Parent") != 0)
		return 0;
	snprintf(pair->own, sizeof(pair->own), "%s", value);
	return 1;
}

/* Finds the two layers that a call compares. Docker writes "" both if the layer has no parent and
 * to compare with nothing. */
static int find_pair(struct driver *driver, const char *id, const char *parent, struct pair *ret,
	struct shale_error *err)
{
	struct pair pair = { .id = id, .parent = parent };
	int r = shale_layer_metadata(driver->store, pair.id, keep_parent, &pair, err);
	if (r < 0)
		return r;
	if (!strcmp(pair.own, pair.parent))
		pair.parent = NULL;
	*ret = pair;
	return 0;
}

static int pair_of(
	struct driver *driver, const json_t *request, struct pair *ret, struct shale_error *err)
{
	const char *id = request_text(request, "ID", err);
	const char *parent = id ? request_text(request, "Parent", err) : NULL;

	return parent ? find_pair(driver, id, parent, ret, err) : REQUEST_MALFORMED;
}

int docker_diff(struct driver *driver, const json_t *request, int fd, struct shale_error *err)
{
	struct pair pair;
	int r = pair_of(driver, request, &pair, err);

	if (r < 0)
		return r;
	const struct shale_diff_options options = { .size = sizeof(options),
		.parent = pair.parent };
	return shale_layer_diff(driver->store, pair.id, &options, fd, err);
}

int docker_diff_size(
	struct driver *driver, const json_t *request, json_t *reply, struct shale_error *err)
{
	struct pair pair;
	uint64_t bytes;
	int r = pair_of(driver, request, &pair, err);

	if (r < 0)
		return r;
	const struct shale_diff_options options = { .size = sizeof(options),
		.parent = pair.parent };
	r = shale_layer_diff_size(driver->store, pair.id, &options, &bytes, err);
	return r < 0 ? r : json_object_set_new(reply, "Size", json_integer((json_int_t)bytes));
}

/* ---- changes ---- */

/* The reply to Changes. Each change is written at once, because a layer may have a million changed
 * files. Nothing is written before the first change, so that an error before it can still be
 * reported. */
struct changes {
	FILE *out;
	bool begun;
};

static void begin(struct changes *changes)
{
	if (!changes->begun)
		fputs("{\"Changes\":[", changes->out);
	changes->begun = true;
}

static int add_change(const struct shale_change *change, void *arg)
{
	struct changes *changes = arg;
	bool first = !changes->begun;
	json_t *path = jsontext(change->path);
	int kind = change->kind == 'A' ? 1 : change->kind == 'D' ? 2 : 0;

	begin(changes);
	fprintf(changes->out, "%s{\"Path\":", first ? "" : ",");
	int r = path ? json_dumpf(path, changes->out, JSON_ENCODE_ANY) : -1;
	json_decref(path);
	fprintf(changes->out, ",\"Kind\":%d}", kind);
	return r < 0 || ferror(changes->out) ? -EPIPE : 0;
}

int docker_changes(struct driver *driver, const json_t *request, int fd, struct shale_error *err)
{
	struct pair pair;
	int r = pair_of(driver, request, &pair, err);

	if (r < 0)
		return r;
	auto_close int own = sys(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	FILE *out = own < 0 ? NULL : fdopen(own, "w");
	if (!out)
		return failure(err, -ENOMEM, "out of memory");
	steal_fd(&own);
	struct changes changes = { .out = out };
	const struct shale_diff_options options = { .size = sizeof(options),
		.parent = pair.parent };
	r = shale_layer_changes(driver->store, pair.id, &options, add_change, &changes, err);
	if (r == 0) {
		begin(&changes);
		fputs("]}\n", out);
	}
	if (fclose(out) != 0 && r == 0)
		r = failure(err, -EPIPE, "nobody reads the reply");
	return r;
}

/* ---- apply ---- */

static int must_be_own(const struct pair *pair, struct shale_error *err)
{
	if (!pair->parent || !*pair->parent)
		return 0;
	return failure(
		err, -EINVAL, "layer '%s' is not the parent of layer '%s'", pair->parent, pair->id);
}

/* Reads the rest of the body. dockerd digests all of it, also bytes after the archive's end, and
 * needs a reader for them. */
static void drain(int fd)
{
	char buf[4096];
	ssize_t n;

	do
		n = read(fd, buf, sizeof(buf));
	while (n > 0 || (n < 0 && errno == EINTR));
}

int docker_apply(struct driver *driver, const json_t *request, int fd, json_t *reply,
	struct shale_error *err)
{
	struct pair pair;
	struct shale_apply_result *result;
	int r = find_pair(driver, request_text(request, "id", err),
		request_text(request, "parent", err), &pair, err);

	if (r == 0)
		r = must_be_own(&pair, err);
	if (r == 0)
		r = shale_layer_apply(driver->store, pair.id, fd, NULL, &result, err);
	if (r < 0)
		return r;
	const json_int_t bytes = (json_int_t)result->bytes;
	free(result);
	drain(fd);
	return json_object_set_new(reply, "Size", json_integer(bytes));
}
