/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program of version 0.1: it includes only that version's shale.h, and calls each function whose
 * arguments have changed since. Its option structs end right before a page that cannot be read.
 */
#include "tests/api/shale-0.1.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct shale_store *store;
static struct shale_error err;
static int n_tests, n_failed;

static void claim(bool holds, const char *what)
{
	n_failed += !holds;
	printf("%sok %d - %s\n", holds ? "" : "not ", ++n_tests, what);
	if (!holds)
		printf("# %s\n", err.text);
	err = (struct shale_error){ 0 };
}

/* Copies SIZE bytes of OPTIONS to the end of a page; the next page cannot be read. */
static const void *at_the_edge(const void *options, size_t size)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *map = mmap(
		NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED || mprotect(map + page, page, PROT_NONE) < 0)
		exit(99);
	return memcpy(map + page - size, options, size);
}
#define EDGE(options) at_the_edge(&(options), sizeof(options))

/* Makes a tar of one empty file. */
static int tar_of(const char *name)
{
	char block[512 * 3] = "";
	unsigned int sum = 0;
	int fd = memfd_create("tar", MFD_CLOEXEC);

	strcpy(block, name);
	strcpy(block + 100, "0000644");
	strcpy(block + 108, "0000000");
	strcpy(block + 116, "0000000");
	strcpy(block + 124, "00000000000");
	strcpy(block + 136, "00000000000");
	memset(block + 148, ' ', 8);
	block[156] = '0';
	memcpy(block + 257,
		"ustar\0"
		"00",
		8);
	for (size_t i = 0; i < 512; i++)
		sum += (unsigned char)block[i];
	snprintf(block + 148, 8, "%06o", sum);
	if (write(fd, block, sizeof(block)) != sizeof(block))
		exit(99);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static int count_pair(const char *key, const char *value, void *arg)
{
	++*(int *)arg;
	return 0;
}

static int count_change(const struct shale_change *change, void *arg)
{
	++*(int *)arg;
	return 0;
}

static int count_layer(const struct shale_layer_info *layer, void *arg)
{
	*(int *)arg += !strcmp(layer->id, "base") || !strcmp(layer->id, "work");
	return 0;
}

static void count_progress(const char *what, uint64_t done, uint64_t total, void *arg)
{
	++*(int *)arg;
}

static void open_store(const char *dir)
{
	char home[4096], run[4096];
	struct shale_store_options options = { .size = sizeof(options), .home = home, .run = run };

	snprintf(home, sizeof(home), "%s/home", dir);
	snprintf(run, sizeof(run), "%s/run", dir);
	claim(shale_store_open(EDGE(options), &store, &err) == 0, "a store is opened");
}

static void make_layers(void)
{
	struct shale_layer_options base = { .size = sizeof(base) };
	struct shale_layer_options work = { .size = sizeof(work) };
	uint64_t bytes = 1;
	int n = 0;

	claim(shale_layer_create(store, "base", EDGE(base), &err) == 0, "create");
	claim(shale_layer_create_rw(store, "work", EDGE(work), &err) == 0, "create_rw");
	claim(shale_layer_apply_diff(store, "base", tar_of("file"), &bytes, &err) == 0 &&
			bytes == 0,
		"apply_diff");
	claim(shale_layer_list(store, count_layer, &n, &err) == 0 && n == 2, "list");
}

/* These layers have no parents, so nothing is mounted, and any user may run this. */
static void use_layers(void)
{
	struct shale_mount_options options = { .size = sizeof(options) };
	struct shale_config_options config = { .size = sizeof(config), .message = "message" };
	char *path = NULL;

	claim(shale_layer_get(store, "work", NULL, &path, &err) == 0 && path, "get");
	int dir = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	claim(mkdirat(dir, "made", 0755) == 0, "the path is the layer's");
	close(dir);
	free(path);
	claim(shale_layer_put(store, "work", &err) == 0, "put");
	claim(shale_layer_get_with(store, "work", EDGE(options), &path, &err) == 0, "get_with");
	free(path);
	claim(shale_layer_put_lazy(store, "work", &err) == 0, "put_lazy");
	claim(shale_layer_mount(store, "work", "/nowhere", &err) < 0, "mount");
	claim(shale_layer_mount_with(store, "work", "/nowhere", EDGE(options), &err) < 0,
		"mount_with");
	claim(shale_layer_commit(store, "work", "frozen", EDGE(config), &err) == 0, "commit");
	claim(shale_layer_convert(store, "frozen", &err) == 0, "convert");
}

static void compare_layers(void)
{
	struct stat st;
	uint64_t bytes = 1;
	int n = 0, out = memfd_create("out", MFD_CLOEXEC);

	claim(shale_layer_diff(store, "frozen", "", out, &err) == 0 && fstat(out, &st) == 0 &&
			st.st_size >= 1024,
		"diff");
	claim(shale_layer_diff_size(store, "frozen", NULL, &bytes, &err) == 0 && bytes == 0,
		"diff_size");
	claim(shale_layer_changes(store, "frozen", NULL, count_change, &n, &err) == 0 && n == 1,
		"changes");
	claim(shale_layer_changes(store, "frozen", "base", count_change, &n, &err) < 0,
		"changes with what is no ancestor");
}

static void move_images(const char *dir)
{
	char archive[4200];
	int told = 0, named = 0;
	struct shale_config_options config = { .size = sizeof(config), .author = "author" };
	struct shale_image_options out = { .size = sizeof(out),
		.progress = count_progress,
		.progress_arg = &told,
		.config = EDGE(config) };
	struct shale_image_options in = { .size = sizeof(in),
		.progress = count_progress,
		.progress_arg = &told,
		.all_tags = 1,
		.imported = count_pair,
		.imported_arg = &named,
		.keep_blobs = 1 };
	char *id = NULL;

	snprintf(archive, sizeof(archive), "oci-archive:%s/image.tar:name", dir);
	claim(shale_image_export(store, "base", archive, EDGE(out), &err) == 0 && told > 0,
		"export, with its progress");
	told = 0;
	snprintf(archive, sizeof(archive), "oci-archive:%s/image.tar", dir);
	claim(shale_image_import(store, archive, EDGE(in), &id, &err) == 0 && id && told > 0 &&
			named == 1,
		"import, with its progress and the image's name");
	free(id);
}

static void look_after_store(void)
{
	int problems = 0, removed = 0;

	claim(shale_layer_remove(store, "work", &err) == 0, "remove");
	claim(shale_store_check(store, count_pair, &problems, &err) == 0 && !problems, "check");
	claim(shale_store_repair(store, count_pair, &problems, &err) == 1 && !problems, "repair");
	claim(shale_store_gc(store, 0, count_pair, &removed, &err) == 0 && !removed, "gc");
	claim(shale_store_gc(store, 1, count_pair, &removed, &err) == 0 && !removed,
		"gc of layers keeps those of an image");
	claim(shale_store_cleanup(store, count_pair, &removed, &err) == 0 && !removed, "cleanup");
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 99;
	open_store(argv[1]);
	if (!store)
		return 1;
	make_layers();
	use_layers();
	compare_layers();
	move_images(argv[1]);
	look_after_store();
	shale_store_close(store);
	printf("1..%d\n", n_tests);
	return n_failed != 0;
}
