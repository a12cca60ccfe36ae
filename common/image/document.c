/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/document.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/lenient.h"

int document_parse(const char *text, size_t size, json_t **ret, struct shale_error *err)
{
	const size_t flags = JSON_ALLOW_NUL;
	json_error_t words;
	json_t *value = json_loadb(text, size, flags, &words);

	if (!value) {
		size_t mended_size;
		auto_free char *mended = lenient_json(text, size, &mended_size);
		value = mended ? json_loadb(mended, mended_size, flags, &words) : NULL;
	}
	if (!value)
		return error_fail_plain(
			err, -EBADMSG, "not JSON: line %d: %s", words.line, words.text);
	*ret = value;
	return 0;
}

const char *document_text(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && strlen(text) == json_string_length(value) ? text : NULL;
}

json_t *document_get(const json_t *object, const char *key)
{
	json_t *value, *found = NULL;
	const char *name;

	json_object_foreach((json_t *)object, name, value) if (!strcasecmp(name, key))
		found = value;
	return found;
}

const char *document_string(const json_t *object, const char *key)
{
	return document_text(document_get(object, key));
}

char *document_print(const json_t *value)
{
	return json_dumps(value, JSON_COMPACT);
}
