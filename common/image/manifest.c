/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/manifest.h"

#include <stdio.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/document.h"

/* The most layers of a manifest: more than any store can stack, as overlayfs mounts at most 500. */
enum { MAX_LAYERS = 1000 };

static const char *const indexes[] = { MEDIA_INDEX,
	"application/vnd.docker.distribution.manifest.list.v2+json", NULL };
static const char *const manifests[] = { MEDIA_MANIFEST,
	"application/vnd.docker.distribution.manifest.v2+json", NULL };
static const char *const configs[] = { MEDIA_CONFIG,
	"application/vnd.docker.container.image.v1+json",
	/* Some tools give layers these types, which say nothing. */
	"application/octet-stream", "", NULL };
static bool is_one_of(const char *media_type, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(media_type, *list) == 0)
			return true;
	return false;
}

bool media_is_index(const char *media_type)
{
	return is_one_of(media_type, indexes);
}

bool media_is_manifest(const char *media_type)
{
	return is_one_of(media_type, manifests);
}

bool media_is_config(const char *media_type)
{
	return is_one_of(media_type, configs);
}

/* Tells whether a layer may have this media type. The type is not needed to unpack: a digest
 * verifies the layer, and its bytes tell the compression. It only serves for clear errors about
 * artifacts and encrypted layers. */
bool media_is_layer(const char *media_type)
{
	return !*media_type || !strcmp(media_type, "application/octet-stream") ||
	       (strstr(media_type, "tar") && !strstr(media_type, "encrypted"));
}

int descriptor_parse(const json_t *object, struct descriptor *ret, struct shale_error *err)
{
	const char *digest = document_string(object, "digest");
	const char *media_type = document_string(object, "mediaType");
	const json_t *size = document_get(object, "size");

	if (!digest)
		return error_fail_plain(err, -EBADMSG, "a descriptor without digest");
	if (!digest_is_valid(digest))
		return error_fail_plain(err, -EBADMSG,
			"'%.100s' is not a digest (sha256: or sha512:, and its digits)", digest);
	const bool unknown = !size || json_is_null(size);
	if (!unknown && (!json_is_integer(size) || json_integer_value(size) < 0))
		return error_fail_plain(err, -EBADMSG, "no possible size for blob %s", digest);
	strcpy(ret->digest, digest);
	ret->size = unknown ? SIZE_UNKNOWN : (uint64_t)json_integer_value(size);
	ret->media_type = media_type ? media_type : "";
	return 0;
}

json_t *descriptor_new(const char *media_type, const char *digest, uint64_t size)
{
	return json_pack("{s:s, s:s, s:I}", "mediaType", media_type, "digest", digest, "size",
		(json_int_t)size);
}

static int entries_of(const json_t *index, json_t **ret, struct shale_error *err)
{
	json_t *entries = document_get(index, "manifests");

	/* Refuse a document that can be read as an index and as a manifest: two programs would see
	 * two different images (CVE-2021-41190). */
	if (!json_is_array(entries) || document_get(index, "layers"))
		return error_fail_plain(err, -EBADMSG, "not an image index");
	*ret = entries;
	return 0;
}

static const char *annotation(const json_t *entry, const char *key)
{
	return document_string(document_get(entry, "annotations"), key);
}

const char *index_entry_name(const json_t *entry)
{
	const char *full = annotation(entry, FULL_NAME);

	return full && *full ? full : annotation(entry, REF_NAME);
}

/* Drops the part of a name that Docker does not show ("docker.io/library/"). */
static const char *familiar(const char *name)
{
	static const char *const defaults[] = { "docker.io/library/", "docker.io/" };

	for (size_t i = 0; i < sizeof(defaults) / sizeof(*defaults); i++)
		if (strncmp(name, defaults[i], strlen(defaults[i])) == 0)
			return name + strlen(defaults[i]);
	return name;
}

static bool is_called(const json_t *entry, const char *tag)
{
	const char *full = annotation(entry, FULL_NAME);
	const char *ref = annotation(entry, REF_NAME);

	return (full && (!strcmp(full, tag) || !strcmp(familiar(full), tag))) ||
	       (ref && !strcmp(ref, tag));
}

static int match(const struct platform *host, const json_t *entry)
{
	return platform_match_json(host, document_get(entry, "platform"));
}

static const json_t *best_match(const json_t *entries, const struct platform *host)
{
	const json_t *best = NULL, *entry;
	int best_score = 0;
	size_t i;

	json_array_foreach(entries, i, entry)
	{
		int score = match(host, entry);
		if (score > best_score) {
			best_score = score;
			best = entry;
		}
	}
	return best;
}

static void list_platforms(const json_t *entries, char *out, size_t size)
{
	char one[PLATFORM_MAX];
	const json_t *entry;
	size_t i, used = 0;

	out[0] = '\0';
	json_array_foreach(entries, i, entry)
	{
		if (platform_print(document_get(entry, "platform"), one, sizeof(one)) > 0 &&
			used < size)
			used += snprintf(out + used, size - used, "%s%s", used ? ", " : "", one);
	}
}

static int fail_platform(
	const json_t *entries, const struct platform *host, int code, struct shale_error *err)
{
	char there[400];

	list_platforms(entries, there, sizeof(there));
	return error_fail_plain(err, code, "no image for %s/%s%s%s in the index; there is: %s",
		host->os, host->architecture, *host->variant ? "/" : "", host->variant,
		*there ? there : "none");
}

/* Finds the first entry that names no platform. The config of such an image may name it. */
static const json_t *first_unsaid(const json_t *entries)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(entries, i,
		entry) if (json_is_object(entry) && !document_get(entry, "platform")) return entry;
	return NULL;
}

int index_find_platform(const json_t *index, const struct platform *host, const json_t **ret,
	struct shale_error *err)
{
	json_t *entries;
	int r = entries_of(index, &entries, err);

	if (r < 0)
		return r;
	const json_t *entry = best_match(entries, host);
	if (!entry)
		entry = first_unsaid(entries);
	if (!entry)
		return fail_platform(entries, host, -ENOENT, err);
	*ret = entry;
	return 0;
}

static bool are_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Tells whether ENTRIES already has an entry with the same name for the same image. */
static bool holds(const json_t *entries, const json_t *wanted)
{
	const char *digest = document_string(wanted, "digest");
	const json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry)
	{
		if (digest && are_same(digest, document_string(entry, "digest")) &&
			are_same(index_entry_name(wanted), index_entry_name(entry)))
			return true;
	}
	return false;
}

/* Collects the entries called TAG. Some tools add an entry for an image again at each write: takes
 * each image once. */
static json_t *entries_called(const json_t *entries, const char *tag)
{
	json_t *found = json_array(), *entry;
	size_t i;

	json_array_foreach((json_t *)entries, i, entry)
	{
		if (tag && !is_called(entry, tag))
			continue;
		if (!holds(found, entry))
			json_array_append(found, entry);
	}
	return found;
}

static bool one_name(const json_t *entries)
{
	const char *first = index_entry_name(json_array_get(entries, 0));
	const json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry)
	{
		const char *name = index_entry_name(entry);
		if (!are_same(name, first))
			return false;
	}
	return true;
}

static void list_tags(const json_t *entries, char *out, size_t size)
{
	const json_t *entry;
	size_t i, used = 0;

	out[0] = '\0';
	json_array_foreach(entries, i, entry)
	{
		const char *name = index_entry_name(entry);
		if (name && used < size)
			used += snprintf(out + used, size - used, "%s%s", used ? ", " : "", name);
	}
}

int index_find_tag(const json_t *index, const char *tag, const struct platform *host,
	const json_t **ret, struct shale_error *err)
{
	char tags[400];
	json_t *entries;
	int r = entries_of(index, &entries, err);

	if (r < 0)
		return r;
	auto_json json_t *found = entries_called(entries, tag);
	const size_t n = json_array_size(found);
	const json_t *entry = n == 1 ? json_array_get(found, 0) : NULL;
	const bool is_ambiguous = n > 1 && !one_name(found);
	if (n > 1 && !is_ambiguous)
		entry = best_match(found, host);
	list_tags(is_ambiguous ? found : entries, tags, sizeof(tags));
	if (json_array_size(entries) == 0)
		return error_fail_plain(err, -ENOENT, "the layout holds no image");
	if (n == 0)
		return error_fail_plain(err, -ENOENT, "no tag '%s'; there is: %s", tag,
			*tags ? tags : "one image without a tag");
	if (!entry && *tags && (!tag || is_ambiguous))
		return error_fail_plain(err, -EINVAL, "which tag? there are: %s", tags);
	if (!entry)
		return fail_platform(found, host, -EINVAL, err);
	*ret = entry;
	return 0;
}

int index_list_tags(const json_t *index, json_t **ret, struct shale_error *err)
{
	auto_json json_t *seen = json_object(), *list = json_array();
	const json_t *entry;
	json_t *entries;
	size_t i;
	int r = entries_of(index, &entries, err);

	if (r < 0)
		return r;
	json_array_foreach(entries, i, entry)
	{
		const char *name = index_entry_name(entry);
		if (!name || json_object_get(seen, name))
			continue;
		if (json_object_set_new(seen, name, json_null()) < 0 ||
			json_array_append_new(list, json_string(name)) < 0)
			return error_fail(err, -ENOMEM, "read index");
	}
	*ret = json_incref(list);
	return 0;
}

/* Tells whether a media type is one of ocicrypt's for encrypted layers. */
static bool is_encrypted(const char *media_type)
{
	static const char suffix[] = "+encrypted";
	const size_t length = strlen(media_type), tail = strlen(suffix);

	return length > tail && !strcmp(media_type + length - tail, suffix);
}

static int fail_encrypted(const struct descriptor *layer, struct shale_error *err)
{
	error_fail_plain(err, -EOPNOTSUPP, "layer %s is encrypted", layer->digest);
	return error_remedy(err, -EOPNOTSUPP, "decrypt a copy: skopeo copy --decryption-key KEY");
}

static int parse_layer(const json_t *object, struct descriptor *ret, struct shale_error *err)
{
	int r = descriptor_parse(object, ret, err);

	if (r < 0)
		return r;
	if (is_encrypted(ret->media_type))
		return fail_encrypted(ret, err);
	if (!media_is_layer(ret->media_type))
		return error_fail_plain(err, -EOPNOTSUPP,
			"layer %s has the unknown media type '%.200s'", ret->digest,
			ret->media_type);
	return 0;
}

int manifest_parse(const json_t *manifest, struct descriptor *ret_config,
	struct descriptor **ret_layers, size_t *ret_n, struct shale_error *err)
{
	const json_t *list = document_get(manifest, "layers");
	struct descriptor config;

	/* The field may be missing: some tools leave out an empty list. */
	if ((list && !json_is_array(list) && !json_is_null(list)) ||
		document_get(manifest, "manifests"))
		return error_fail_plain(err, -EBADMSG, "not an image manifest");
	int r = descriptor_parse(document_get(manifest, "config"), &config, err);
	if (r < 0)
		return error_fail(err, r, "config");
	if (!media_is_config(config.media_type))
		return error_fail_plain(err, -EOPNOTSUPP,
			"not a container image: its config is '%.200s'", config.media_type);
	const size_t n = json_array_size(list);
	if (n > MAX_LAYERS)
		return error_fail_plain(err, -E2BIG, "%zu layers, more than %d", n, MAX_LAYERS);
	auto_free struct descriptor *found = calloc(n + 1, sizeof(*found));
	if (!found)
		return error_fail(err, -ENOMEM, "read manifest");
	for (size_t i = 0; i < n; i++) {
		r = parse_layer(json_array_get(list, i), &found[i], err);
		if (r < 0)
			return error_fail(err, r, "layer %zu", i + 1);
	}
	*ret_config = config;
	*ret_layers = steal_ptr(&found);
	*ret_n = n;
	return 0;
}
