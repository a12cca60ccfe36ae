/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fuzz/target.h"

#include "common/base/scope.h"
#include "fuse/daemon/options.h"

#include <stdlib.h>
#include <string.h>

/* Takes each line as one -o argument. */
void fuzz_options(const uint8_t *data, size_t size)
{
	struct daemon_options options;
	auto_free char *text = malloc(size + 1);
	char *next = text;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = 0;
	daemon_options_init(&options);
	for (char *line; (line = strsep(&next, "\n"));) {
		struct shale_error err = { 0 };
		int r = daemon_options_add(&options, line, &err);
		if (r < 0 && !err.text[0])
			abort();
	}
	daemon_options_free(&options);
}
