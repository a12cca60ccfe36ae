/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/document.h"

#include <errno.h>

#include "common/cleanup.h"
#include "common/error.h"

int shale_document_parse(const char *text, size_t size, json_t **ret, struct shale_error *err)
{
	json_error_t words;
	json_t *value = json_loadb(text, size, JSON_REJECT_DUPLICATES, &words);

	if (!value)
		return shale_fail_plain(
			err, -EBADMSG, "not JSON: line %d: %s", words.line, words.text);
	*ret = value;
	return 0;
}

const char *shale_document_string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

char *shale_document_print(const json_t *value)
{
	return json_dumps(value, JSON_COMPACT);
}
