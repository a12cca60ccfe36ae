/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/files/jsonfile.h"

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/store/files/smallfile.h"

#include <stdio.h>
#include <string.h>

#define HEX_FOLLOWS '\1'

char *json_of_path(const char *path)
{
	auto_json json_t *plain = json_string(path);

	if (plain)
		return strdup(path);
	char *text = malloc(2 * strlen(path) + 2);
	if (!text)
		return NULL;
	text[0] = HEX_FOLLOWS;
	for (size_t i = 0; path[i]; i++)
		sprintf(text + 1 + 2 * i, "%02x", (unsigned char)path[i]);
	return text;
}

char *json_to_path(const char *text)
{
	if (text[0] != HEX_FOLLOWS)
		return strdup(text);
	const char *hex = text + 1;
	const size_t n = strlen(hex) / 2;
	char *path = calloc(n + 1, 1);
	for (size_t i = 0; path && i < n; i++)
		if (sscanf(hex + 2 * i, "%2hhx", (unsigned char *)&path[i]) != 1)
			path[i] = '?';
	return path;
}

int json_read(int dirfd, const char *name, json_t **ret, struct shale_error *err)
{
	auto_free char *text = NULL;
	json_error_t json_err;
	ssize_t n = smallfile_read(dirfd, name, &text);

	if (n == -ENOENT)
		return -ENOENT;
	if (n < 0)
		return error_fail(err, (int)n, "read %s", name);
	json_t *root = json_loadb(text, (size_t)n, JSON_REJECT_DUPLICATES, &json_err);
	if (!root)
		return error_fail_plain(
			err, -EINVAL, "%s, line %d: %s", name, json_err.line, json_err.text);
	if (!json_is_object(root)) {
		json_decref(root);
		return error_fail_plain(err, -EINVAL, "%s: not a JSON object", name);
	}
	*ret = root;
	return 0;
}
