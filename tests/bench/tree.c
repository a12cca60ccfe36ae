/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bench/tree.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

void tree_dir_name(uint32_t i, tree_name_t ret)
{
	snprintf(ret, sizeof(tree_name_t), "d%04u", i / TREE_FILES_IN_DIR);
}

void tree_name(uint32_t i, tree_name_t ret)
{
	snprintf(ret, sizeof(tree_name_t), "d%04u/file-%02u", i / TREE_FILES_IN_DIR,
		i % TREE_FILES_IN_DIR);
}

static int make_file(int dir, const char *name, size_t size)
{
	static const char data[8192];
	auto_close int fd = sys(openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));

	if (fd < 0)
		return fd;
	return write(fd, data, size) == (ssize_t)size ? 0 : -EIO;
}

static int make_dir(int dir, const char *name)
{
	return mkdirat(dir, name, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int open_dir(int dir, const char *name)
{
	int r = make_dir(dir, name);

	return r < 0 ? r : sys(openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int add_file(int native, int layer, uint32_t i)
{
	size_t size = 200 + (size_t)i * 7919 % 7800;
	tree_name_t dir, name;
	int r;

	tree_dir_name(i, dir);
	tree_name(i, name);
	if ((r = make_dir(native, dir)) < 0 || (r = make_dir(layer, dir)) < 0 ||
		(r = make_file(native, name, size)) < 0)
		return r;
	return make_file(layer, name, size);
}

static int add_big(int native, int top, int bottom)
{
	tree_name_t name;
	int r = make_dir(native, "big");

	if (r == 0)
		r = make_dir(top, "big");
	if (r == 0 && (r = make_dir(bottom, "big")) < 0)
		return r;
	for (uint32_t i = 0; r == 0 && i < TREE_BIG; i++) {
		snprintf(name, sizeof(name), "big/an-entry-%05u", i);
		r = make_file(native, name, 0);
		if (r == 0)
			r = make_file(i % 5 ? bottom : top, name, 0);
	}
	return r;
}

static uint32_t layer_of(uint32_t i, uint32_t layers)
{
	return i % 2 ? layers - 1 : i / 2 * 7 % layers;
}

static int fill(int native, int *fds, uint32_t files, uint32_t layers)
{
	int r = add_big(native, fds[0], fds[layers - 1]);

	for (uint32_t i = 0; r == 0 && i < files; i++)
		r = add_file(native, fds[layer_of(i, layers)], i);
	return r;
}

int tree_make(const char *dir, uint32_t files, uint32_t layers)
{
	auto_close int top = sys(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_close int native = top < 0 ? top : open_dir(top, "native");
	auto_close int all = native < 0 ? native : open_dir(top, "l");
	auto_free int *fds = calloc(layers, sizeof(*fds));
	char name[16];
	uint32_t n = 0;
	int r = all < 0 ? all : fds ? 0 : -ENOMEM;

	while (r == 0 && n < layers) {
		snprintf(name, sizeof(name), "%u", n);
		int fd = open_dir(all, name);
		if (fd < 0)
			r = fd;
		else
			fds[n++] = fd;
	}
	if (r == 0)
		r = fill(native, fds, files, layers);
	while (n > 0)
		close(fds[--n]);
	return r;
}
