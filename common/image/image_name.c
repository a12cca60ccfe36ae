/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/image_name.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "common/archive/digest.h"
#include "common/base/scope.h"
#include "common/base/error.h"

/* The file name of a long image name begins with this many bytes of the encoded name. */
enum { LONG_PREFIX = 150 };

static const char suffix[] = ".json";
static const char long_mark[] = "%~"; /* stands in the file names of long image names only */
static const char hex[] = "0123456789ABCDEF";

static bool is_plain(char c)
{
	return c && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-", c);
}

int image_name_check(const char *name, struct shale_error *err)
{
	if (!*name)
		return error_fail_plain(err, -EINVAL, "an image's name cannot be empty");
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return error_fail_plain(
				err, -EINVAL, "an image's name cannot hold control characters");
	if (strlen(name) > IMAGE_NAME_MAX)
		return error_fail(err, -ENAMETOOLONG, "image name");
	return 0;
}

/* FILE is too long for a file name: replaces its end by the digest of NAME. */
static int shorten(const char *name, char *file)
{
	char digest[DIGEST_SIZE];
	int r = digest_of(name, strlen(name), digest);

	if (r < 0)
		return r;
	sprintf(file + LONG_PREFIX, "%s%s%s", long_mark, strchr(digest, ':') + 1, suffix);
	return 0;
}

bool image_name_is_long(const char *file)
{
	return strstr(file, long_mark) != NULL;
}

char *image_name_encode(const char *name)
{
	char *file = malloc(strlen(name) * 3 + sizeof(suffix));
	char *out = file;

	if (!file)
		return NULL;
	for (const char *p = name; *p; p++) {
		if (is_plain(*p) && !(*p == '.' && p == name)) {
			*out++ = *p;
			continue;
		}
		*out++ = '%';
		*out++ = hex[(unsigned char)*p >> 4];
		*out++ = hex[(unsigned char)*p & 15];
	}
	memcpy(out, suffix, sizeof(suffix));
	if (strlen(file) <= NAME_MAX || shorten(name, file) == 0)
		return file;
	free(file);
	return NULL;
}

static int digit(char c)
{
	const char *at = c ? strchr(hex, c) : NULL;

	return at ? (int)(at - hex) : -1;
}

static bool decode(const char *file, size_t length, char *out)
{
	for (size_t i = 0; i < length; i++) {
		if (file[i] != '%') {
			*out++ = file[i];
			continue;
		}
		if (i + 2 >= length || digit(file[i + 1]) < 0 || digit(file[i + 2]) < 0)
			return false;
		*out++ = (char)(digit(file[i + 1]) << 4 | digit(file[i + 2]));
		i += 2;
	}
	*out = '\0';
	return true;
}

char *image_name_decode(const char *file)
{
	const size_t length = strlen(file), tail = sizeof(suffix) - 1;

	errno = EINVAL;
	if (length <= tail || strcmp(file + length - tail, suffix) != 0)
		return NULL;
	auto_free char *name = malloc(length);
	if (!name || !decode(file, length - tail, name))
		return NULL;
	/* Refuse a file name that image_name_encode does not make: otherwise one image could have
	 * two files. */
	auto_free char *again = image_name_encode(name);
	if (!again)
		return NULL;
	errno = EINVAL;
	return strcmp(again, file) == 0 ? steal_ptr(&name) : NULL;
}
