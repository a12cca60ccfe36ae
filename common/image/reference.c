/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/reference.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"

static const struct {
	const char *prefix;
	enum reference_kind kind;
} kinds[] = {
	{ "oci:", REFERENCE_OCI },
	{ "oci-archive:", REFERENCE_OCI_ARCHIVE },
	{ "docker-archive:", REFERENCE_DOCKER_ARCHIVE },
	{ "tar:", REFERENCE_TAR },
};

static const char *skip_alnum(const char *p)
{
	while (isascii(*p) && isalnum(*p))
		p++;
	return p;
}

/* Skips a separator: one of "-._:@+", or "--". */
static const char *skip_separator(const char *p)
{
	if (p[0] == '-' && p[1] == '-')
		return p + 2;
	return *p && strchr("-._:@+", *p) ? p + 1 : p;
}

bool reference_is_name(const char *text)
{
	const char *p = text;

	for (;;) {
		const char *end = skip_alnum(p);
		if (end == p)
			return false;
		if (!*end)
			return true;
		p = *end == '/' ? end + 1 : skip_separator(end);
		if (p == end)
			return false;
	}
}

static bool is_tag(const char *text)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_.-";
	size_t length = strlen(text);

	return length >= 1 && length <= 128 && strchr(first, *text) && strspn(text, rest) == length;
}

/* Tells whether TEXT can be a host name in a reference. It may have upper-case letters and a port;
 * the path after it may not. */
static bool is_host(const char *text, size_t length)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-:";

	if (memchr(text, '.', length) == NULL && memchr(text, ':', length) == NULL &&
		!(length == 9 && memcmp(text, "localhost", 9) == 0))
		return false;
	return strspn(text, allowed) >= length && isalnum((unsigned char)*text);
}

static bool is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Tells whether TEXT is a component of a path: lower-case words joined by ".", "_", "__" or any
 * number of "-". */
static bool is_path_component(const char *text, size_t length)
{
	size_t i = 0;

	while (i < length) {
		size_t word = i;
		while (i < length && is_lower_alnum(text[i]))
			i++;
		if (i == word)
			return false;
		if (i == length)
			return true;
		if (text[i] == '-')
			i += strspn(text + i, "-");
		else if (text[i] == '_')
			i += text[i + 1] == '_' ? 2 : 1;
		else if (text[i] == '.')
			i++;
		else
			return false;
	}
	return false;
}

/* Returns a pointer to the colon before the tag; without a tag, to the end of TEXT. */
static const char *repository_end(const char *text)
{
	const char *slash = strrchr(text, '/');
	const char *colon = strchr(slash ? slash : text, ':');

	return colon ? colon : text + strlen(text);
}

bool reference_has_tag(const char *text)
{
	return *repository_end(text) == ':';
}

bool reference_is_repo_tag(const char *text)
{
	const char *end = repository_end(text);
	const char *p = text;
	const char *slash = memchr(p, '/', end - p);

	if (*end == ':' && !is_tag(end + 1))
		return false;
	if (slash && is_host(p, slash - p))
		p = slash + 1;
	for (;;) {
		slash = memchr(p, '/', end - p);
		if (!is_path_component(p, (slash ? slash : end) - p))
			return false;
		if (!slash)
			return true;
		p = slash + 1;
	}
}

char *reference_full_name(const char *text)
{
	static const char hub[] = "docker.io/";
	const char *path = strncmp(text, hub, strlen(hub)) == 0 ? text + strlen(hub) : text;
	const char *slash = memchr(path, '/', repository_end(path) - path);
	const bool is_hub = path != text || !slash || !is_host(text, slash - text);
	char *name;

	if (asprintf(&name, "%s%s%s%s", is_hub ? hub : "", is_hub && !slash ? "library/" : "", path,
		    reference_has_tag(text) ? "" : ":latest") < 0)
		return NULL;
	return name;
}

bool reference_takes_tag(const struct reference *reference)
{
	return reference->kind == REFERENCE_OCI || reference->kind == REFERENCE_OCI_ARCHIVE ||
	       reference->kind == REFERENCE_DOCKER_ARCHIVE;
}

bool reference_writes_rootfs(const struct reference *reference)
{
	return reference->kind == REFERENCE_TAR || reference->kind == REFERENCE_PLAIN;
}

static int check_path(const struct reference *reference, struct shale_error *err)
{
	if (reference->kind != REFERENCE_OCI || strcmp(reference->path, REFERENCE_STANDARD) != 0)
		return 0;
	error_fail_plain(err, -EINVAL, "a directory cannot go through a pipe");
	return error_remedy(
		err, -EINVAL, "use oci-archive:- for the same in one file, or oci:./- for a name");
}

static int check_tag(const struct reference *reference, struct shale_error *err)
{
	if (!reference->tag)
		return 0;
	if (reference->kind == REFERENCE_DOCKER_ARCHIVE) {
		if (!reference_is_repo_tag(reference->tag))
			return error_fail_plain(
				err, -EINVAL, "'%s' is not an image name", reference->tag);
	} else if (!reference_is_name(reference->tag)) {
		return error_fail_plain(err, -EINVAL, "'%s' is not a tag", reference->tag);
	}
	return 0;
}

int reference_parse(const char *text, struct reference *ret, struct shale_error *err)
{
	struct reference reference = { .kind = REFERENCE_PLAIN };
	const char *path = text;
	size_t length = strlen(text);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strncmp(text, kinds[i].prefix, strlen(kinds[i].prefix)) == 0) {
			reference.kind = kinds[i].kind;
			path = text + strlen(kinds[i].prefix);
			length = strlen(path);
		}
	const char *colon = reference_takes_tag(&reference) ? strchr(path, ':') : NULL;
	if (colon)
		length = colon - path;
	if (length == 0)
		return error_fail_plain(err, -EINVAL, "'%s' names no file or directory", text);
	reference.path = strndup(path, length);
	if (colon && colon[1])
		reference.tag = strdup(colon + 1);
	int r = !reference.path || (colon && colon[1] && !reference.tag) ? -ENOMEM : 0;
	if (r == 0)
		r = check_path(&reference, err);
	if (r == 0)
		r = check_tag(&reference, err);
	if (r < 0) {
		reference_free(&reference);
		return r;
	}
	*ret = reference;
	return 0;
}

void reference_free(struct reference *reference)
{
	free(reference->path);
	free(reference->tag);
	*reference = (struct reference){ 0 };
}

static bool drop_suffix(char *name, const char *suffix)
{
	size_t length = strlen(name), tail = strlen(suffix);

	if (length <= tail || strcmp(name + length - tail, suffix) != 0)
		return false;
	name[length - tail] = '\0';
	return true;
}

char *reference_base_name(const char *path)
{
	static const char *const packed[] = { ".gz", ".zst", ".xz", ".bz2" };
	static const char *const whole[] = { ".tgz", ".tzst", ".txz", ".tbz2", ".tar", ".oci" };
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	const char *slash = memrchr(path, '/', length);
	const char *base = slash ? slash + 1 : path;
	char *name = strndup(base, path + length - base);
	if (!name)
		return NULL;
	for (size_t i = 0; i < sizeof(packed) / sizeof(*packed); i++)
		drop_suffix(name, packed[i]);
	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++)
		if (drop_suffix(name, whole[i]))
			break;
	return name;
}
