/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-docker/request.h"

#include "tools/service/failure.h"

static const json_t *value_of(const json_t *request, const char *key)
{
	const json_t *value = json_object_get(request, key);

	return json_is_null(value) ? NULL : value;
}

const char *request_text(const json_t *request, const char *key, struct shale_error *err)
{
	const json_t *value = value_of(request, key);

	if (!value)
		return "";
	if (!json_is_string(value))
		failure(err, REQUEST_MALFORMED, "'%s' of the request is not a string", key);
	return json_string_value(value);
}

int request_object(
	const json_t *request, const char *key, const json_t **ret, struct shale_error *err)
{
	const json_t *value = value_of(request, key);

	if (value && !json_is_object(value))
		return failure(err, REQUEST_MALFORMED, "'%s' of the request is not an object", key);
	*ret = value;
	return 0;
}

int request_array(
	const json_t *request, const char *key, const json_t **ret, struct shale_error *err)
{
	const json_t *value = value_of(request, key);

	if (value && !json_is_array(value))
		return failure(err, REQUEST_MALFORMED, "'%s' of the request is not a list", key);
	*ret = value;
	return 0;
}
