/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fuzz/target.h"

#include "common/base/scope.h"
#include "common/store/layer.h"
#include "common/store/store_struct.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static void put(int dirfd, const char *name, const uint8_t *data, size_t size)
{
	auto_close int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
}

/* The files of a layer's directory, each up to a 0xff byte: layer.json, link, lower. */
void fuzz_layer(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "layer.json", "link", "lower" };
	auto_layer struct layer layer = LAYER_NONE;
	struct shale_error err = { 0 };
	int home = fuzz_dir();
	struct shale_store store = { .home = home };

	if (mkdirat(home, "x", 0700) < 0)
		abort();
	auto_close int dir = openat(home, "x", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && size > 0; i++) {
		const uint8_t *end = memchr(data, 0xff, size);
		size_t length = end ? (size_t)(end - data) : size;
		put(dir, names[i], data, length);
		length += end != NULL;
		data += length;
		size -= length;
	}
	int r = layer_open(&store, "x", &layer, &err);
	if (r < 0 && !err.text[0])
		abort();
	if (r == 0) {
		const char *parent = layer_parent(&layer);
		if (*parent && !id_is_valid(parent))
			abort();
		layer_is_immutable(&layer);
	}
	fuzz_dir_empty(home);
}
