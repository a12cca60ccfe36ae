/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/image/import/parts.h"

#include <string.h>

#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/image/image_config.h"
#include "common/image/document.h"

static int set_layers(struct parts *parts, size_t n_layers, struct shale_error *err)
{
	auto_free char(*diff_ids)[DIGEST_SIZE] = NULL;
	size_t n;
	int r = config_diff_ids(parts->config_json, &diff_ids, &n, err);

	if (r < 0)
		return r;
	if (n != n_layers)
		return error_fail_plain(err, -EBADMSG,
			"the config names %zu layers, the manifest %zu", n, n_layers);
	parts->layers = calloc(n + 1, sizeof(*parts->layers));
	if (!parts->layers)
		return error_fail(err, -ENOMEM, "read config");
	parts->n_layers = n;
	for (size_t i = 0; i < n; i++)
		memcpy(parts->layers[i].diff_id, diff_ids[i], DIGEST_SIZE);
	return 0;
}

int parts_set_config(
	struct parts *parts, char *config, size_t size, size_t n_layers, struct shale_error *err)
{
	parts->config = config;
	int r = digest_of(config, size, parts->config_digest);
	if (r < 0)
		return error_fail(err, r, "read config");
	r = document_parse(config, size, &parts->config_json, err);
	if (r == 0)
		r = set_layers(parts, n_layers, err);
	return r < 0 ? error_fail(err, r, "config %s", parts->config_digest) : 0;
}

int parts_check_platform(
	const struct parts *parts, const struct platform *platform, struct shale_error *err)
{
	char own[PLATFORM_MAX];

	if (platform_print(parts->config_json, own, sizeof(own)) == 0 ||
		platform_match_json(platform, parts->config_json) > 0)
		return 0;
	return error_fail_plain(err, -ENOENT, "no image for %s/%s%s%s; there is: %s", platform->os,
		platform->architecture, *platform->variant ? "/" : "", platform->variant, own);
}

void parts_free(struct parts *parts)
{
	for (size_t i = 0; i < parts->n_layers; i++)
		free(parts->layers[i].name);
	free(parts->layers);
	free(parts->name);
	free(parts->config);
	free(parts->manifest);
	json_decref(parts->config_json);
	json_decref(parts->annotations);
	json_decref(parts->tags);
	*parts = (struct parts){ 0 };
}
