/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fuzz/target.h"

#include "common/base/scope.h"
#include "common/image/image_config.h"
#include "common/image/manifest.h"

#include <stdlib.h>

static void check_digest(const char *digest)
{
	for (const char *c = digest; *c; c++)
		if (*c == '/' || *c == '.')
			abort();
}

static void read_index(const json_t *root)
{
	const struct platform host = { "amd64", "", "linux" };
	struct descriptor found;
	const json_t *entry;

	index_find_tag(root, "latest", &host, &entry, NULL);
	if (index_find_tag(root, NULL, &host, &entry, NULL) == 0 &&
		descriptor_parse(entry, &found, NULL) == 0)
		check_digest(found.digest);
	index_find_platform(root, &host, &entry, NULL);
}

static void read_manifest(const json_t *root)
{
	auto_free struct descriptor *layers = NULL;
	struct descriptor config;
	size_t n = 0;

	if (manifest_parse(root, &config, &layers, &n, NULL) < 0)
		return;
	check_digest(config.digest);
	for (size_t i = 0; i < n; i++)
		check_digest(layers[i].digest);
}

static void read_config(json_t *root)
{
	char(*ids)[DIGEST_SIZE] = NULL;
	size_t n = 0;

	config_created(root, 0);
	if (config_diff_ids(root, &ids, &n, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		check_digest(ids[i]);
	if (config_set_diff_ids(root, ids, n) == 0)
		config_mend_history(root);
	free(ids);
}

/* Reads one document as each kind that an image has. */
void fuzz_image(const uint8_t *data, size_t size)
{
	json_t *root = json_loadb((const char *)data, size, 0, NULL);

	if (!root)
		return;
	read_index(root);
	read_manifest(root);
	read_config(root);
	json_decref(root);
}
