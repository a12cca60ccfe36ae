/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/original_stream.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/sums/filesum.h"
#include "common/store/files/jsonfile.h"
#include "common/store/files/smallfile.h"
#include "common/store/replace_file.h"

#include <fcntl.h>
#include <string.h>

/* Tells whether FD is open on another type of file. Then the kept stream counts as lost. */
static bool is_lost(int fd)
{
	return fd == -ENOENT || fd == -ELOOP || fd == -EINVAL;
}

int original_stream_note(int dir, json_t *record, struct shale_error *err)
{
	auto_close int fd = smallfile_open(dir, ORIGINAL_STREAM_FILE);
	char hex[FILESUM_HEX];
	int r = fd < 0 ? fd : filesum_of_file(fd, hex);

	if (r == 0 && json_object_set_new(record, ORIGINAL_STREAM_KEY, json_string(hex)) < 0)
		r = -ENOMEM;
	return r < 0 ? error_fail(err, r, "note the record of the stream") : 0;
}

bool original_stream_is_kept(const struct layer *layer)
{
	return !layer->rw && *layer_field(layer, ORIGINAL_STREAM_KEY);
}

static int fail_lost(const struct layer *layer, struct shale_error *err)
{
	error_fail_plain(err, -EBADMSG, "layer '%s': the record of its stream is lost", layer->id);
	return error_remedy(err, -EBADMSG,
		"remove the record, and export a stream made of the files: shale check --repair");
}

int original_stream_of(
	const struct layer *layer, struct stream_original *ret, struct shale_error *err)
{
	const char *diff_id = layer_field(layer, "diff-id");

	if (!original_stream_is_kept(layer))
		return 0;
	if (!digest_is_valid(diff_id))
		return error_fail_plain(err, -EBADMSG,
			"layer '%s': layer.json has no digest of its stream", layer->id);
	auto_close int fd = smallfile_open(layer->dir, ORIGINAL_STREAM_FILE);
	if (is_lost(fd))
		return fail_lost(layer, err);
	if (fd < 0)
		return error_fail(err, fd, "layer '%s': the record of its stream", layer->id);
	strcpy(ret->diff_id, diff_id);
	ret->record = steal_fd(&fd);
	return 1;
}

int original_stream_check(const struct layer *layer, const char **ret_why)
{
	char hex[FILESUM_HEX];

	*ret_why = NULL;
	if (!original_stream_is_kept(layer))
		return 0;
	auto_close int fd = smallfile_open(layer->dir, ORIGINAL_STREAM_FILE);
	if (is_lost(fd)) {
		*ret_why = "the record of its stream is lost";
		return 0;
	}
	int r = fd < 0 ? fd : filesum_of_file(fd, hex);
	if (r == 0 && strcmp(hex, layer_field(layer, ORIGINAL_STREAM_KEY)) != 0)
		*ret_why = "the record of its stream is damaged";
	return r;
}

int original_stream_forget(const struct shale_store *store, int dir, struct shale_error *err)
{
	auto_json json_t *record = NULL;
	int r = json_read(dir, "layer.json", &record, err);

	if (r < 0)
		return r;
	json_object_del(record, ORIGINAL_STREAM_KEY);
	r = json_replace(store, dir, "layer.json", record, err);
	if (r == 0 && unlinkat(dir, ORIGINAL_STREAM_FILE, 0) < 0 && errno != ENOENT)
		r = error_fail(err, -errno, "remove the record of its stream");
	return r;
}
