/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/import/parts.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/document.h"
#include "common/image/reference.h"

/* Tells whether the user means TAG by NAME. NAME may leave out ":latest", and the registry, which
 * skopeo and podman add. */
static bool is_meant(const char *tag, const char *name)
{
	static const char *const defaults[] = { "", "docker.io/library/", "docker.io/",
		"localhost/" };
	const size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(defaults) / sizeof(*defaults); i++) {
		const size_t skip = strlen(defaults[i]);
		if (strncmp(tag, defaults[i], skip) != 0 || strncmp(tag + skip, name, length) != 0)
			continue;
		const char *rest = tag + skip + length;
		if (!*rest || strcmp(rest, ":latest") == 0)
			return true;
	}
	return false;
}

/* Returns the tag of IMAGE that NAME means; without NAME, its first tag; or NULL. */
static const char *tag_of(const json_t *image, const char *name)
{
	const json_t *tag;
	size_t i;

	json_array_foreach(document_get(image, "RepoTags"), i, tag)
	{
		const char *text = document_text(tag);
		if (!name || (text && is_meant(text, name)))
			return text;
	}
	return NULL;
}

static void list_names(const json_t *images, char *out, size_t size)
{
	const json_t *image, *tag;
	size_t i, j, used = 0;

	out[0] = '\0';
	json_array_foreach(images, i, image) json_array_foreach(document_get(image, "RepoTags"), j,
		tag) if (json_is_string(tag) && used < size) used += snprintf(out + used,
		size - used, "%s%s", used ? ", " : "", json_string_value(tag));
}

static int choose(
	const json_t *images, const char *name, const json_t **ret, struct shale_error *err)
{
	const json_t *image, *found = NULL;
	char names[400];
	size_t i;

	if (!json_is_array(images) || json_array_size(images) == 0)
		return error_fail_plain(err, -EBADMSG, "manifest.json lists no image");
	list_names(images, names, sizeof(names));
	json_array_foreach(images, i, image) if (!found && (!name || tag_of(image, name)))
		found = image;
	if (!found)
		return error_fail_plain(err, -ENOENT, "no image '%s'; there is: %s", name,
			*names ? names : "no name at all");
	if (!name && json_array_size(images) > 1)
		return error_fail_plain(err, -EINVAL, "which image? there are: %s", names);
	*ret = found;
	return 0;
}

/* If the config's file name is a digest, checks that it is the digest of the config. Docker names
 * the file HEX.json, newer versions blobs/sha256/HEX; other tools use other names. */
static int check_config_name(
	const char *path, const char *text, size_t size, struct shale_error *err)
{
	char claimed[DIGEST_SIZE], digest[DIGEST_SIZE];
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	snprintf(claimed, sizeof(claimed), "sha256:%.64s", name);
	if (!digest_is_valid(claimed) || strspn(name, "0123456789abcdef") != 64)
		return 0;
	int r = digest_of(text, size, digest);
	if (r < 0)
		return error_fail(err, r, "config");
	if (strcmp(digest, claimed) != 0)
		return error_fail_plain(err, -EBADMSG,
			"config %s is damaged: its content has the digest %s", path, digest);
	return 0;
}

static int fill_layers(const json_t *layers, struct parts *parts, struct shale_error *err)
{
	for (size_t i = 0; i < parts->n_layers; i++) {
		const char *name = document_text(json_array_get(layers, i));
		if (!name)
			return error_fail_plain(err, -EBADMSG, "layer %zu has no name", i + 1);
		parts->layers[i].name = strdup(name);
		if (!parts->layers[i].name)
			return error_fail(err, -ENOMEM, "read manifest");
	}
	return 0;
}

static int read_image(
	struct blobs *blobs, const json_t *image, struct parts *parts, struct shale_error *err)
{
	const char *config = document_string(image, "Config");
	const json_t *layers = document_get(image, "Layers");
	auto_free char *text = NULL;
	size_t size;

	if (!config || (layers && !json_is_array(layers) && !json_is_null(layers)))
		return error_fail_plain(err, -EBADMSG, "manifest.json: no Config or no Layers");
	int r = blobs_read_document(blobs, config, &text, &size, err);
	if (r == 0)
		r = check_config_name(config, text, size, err);
	if (r == 0)
		r = parts_set_config(parts, steal_ptr(&text), size, json_array_size(layers), err);
	return r < 0 ? r : fill_layers(layers, parts, err);
}

/* Adds IMAGE's valid names to LIST, each once. */
static int add_tags(const json_t *image, json_t *list)
{
	const json_t *tag, *other;
	size_t i, j;

	json_array_foreach(document_get(image, "RepoTags"), i, tag)
	{
		const char *text = document_text(tag);
		bool known = !text || !reference_is_repo_tag(text);
		json_array_foreach(list, j, other) known |= json_equal(tag, other);
		if (!known && json_array_append(list, (json_t *)tag) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int read_manifest(struct blobs *blobs, json_t **ret, struct shale_error *err)
{
	auto_free char *text = NULL;
	size_t size;
	int r = blobs_read_document(blobs, "manifest.json", &text, &size, err);

	if (r == 0)
		r = document_parse(text, size, ret, err);
	return r < 0 ? error_fail(err, r, "not a docker archive") : 0;
}

static int set_names(const json_t *image, const char *wanted, struct parts *parts)
{
	const char *name = tag_of(image, wanted);

	parts->name = name ? strdup(name) : NULL;
	parts->tags = json_array();
	return (name && !parts->name) || add_tags(image, parts->tags) < 0 ? -ENOMEM : 0;
}

int parts_of_docker(
	struct blobs *blobs, const char *name, struct parts *ret, struct shale_error *err)
{
	auto_parts struct parts parts = { 0 };
	auto_json json_t *images = NULL;
	const json_t *image = NULL;
	int r = read_manifest(blobs, &images, err);

	if (r == 0)
		r = choose(images, name, &image, err);
	if (r == 0)
		r = read_image(blobs, image, &parts, err);
	if (r < 0)
		return r;
	r = set_names(image, name, &parts);
	if (r < 0)
		return error_fail(err, r, "read manifest");
	*ret = parts;
	parts = (struct parts){ 0 };
	return 0;
}

int parts_list_docker(struct blobs *blobs, json_t **ret, struct shale_error *err)
{
	auto_json json_t *images = NULL, *list = json_array();
	const json_t *image;
	size_t i;
	int r = read_manifest(blobs, &images, err);

	if (r < 0)
		return r;
	json_array_foreach(images, i, image) if (r == 0) r = add_tags(image, list);
	if (r < 0)
		return error_fail(err, r, "read manifest");
	*ret = json_incref(list);
	return 0;
}
