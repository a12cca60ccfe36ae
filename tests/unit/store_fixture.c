/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/store_fixture.h"

#include "common/base/scope.h"
#include "common/store/layer.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>

struct shale_store *store;
struct shale_error err;
char store_dir[64];

void must(int result)
{
	ck_assert_msg(result >= 0, "%d: %s", result, err.text);
}

void must_fail(int result, int code)
{
	ck_assert_msg(result == code, "%d and not %d: %s", result, code, err.text);
	ck_assert_int_eq(err.code, code);
	ck_assert_str_ne(err.text, "");
	err = (struct shale_error){ 0 };
}

struct shale_store *store_open_again(void)
{
	const struct shale_store_options options = {
		.size = sizeof(options), .home = "home", .run = "run"
	};
	struct shale_store *opened = NULL;

	must(shale_store_open(&options, &opened, &err));
	return opened;
}

bool store_may_mount(void)
{
	return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

void store_set_up(void)
{
	/* Makes the store in memory: the tests do not depend on a disk, but would wait for one. */
	snprintf(store_dir, sizeof(store_dir), "%s/shale-test-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	err = (struct shale_error){ 0 };
	ck_assert_ptr_nonnull(mkdtemp(store_dir));
	ck_assert_int_eq(chdir(store_dir), 0);
	store = store_open_again();
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

void store_tear_down(void)
{
	shale_store_close(store);
	store = NULL;
	ck_assert_int_eq(chdir("/"), 0);
	nftw(store_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void store_reopen(void)
{
	shale_store_close(store);
	store = store_open_again();
}

int tar_of(const char *name, const char *text)
{
	int fd = memfd_create("tar", MFD_CLOEXEC);
	struct archive *tar = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	ck_assert_int_ge(fd, 0);
	archive_write_set_format_pax(tar);
	ck_assert_int_eq(archive_write_open_fd(tar, fd), ARCHIVE_OK);
	archive_entry_set_pathname(entry, name);
	archive_entry_set_mode(entry, S_IFREG | 0644);
	archive_entry_set_size(entry, (int64_t)strlen(text));
	ck_assert_int_eq(archive_write_header(tar, entry), ARCHIVE_OK);
	archive_write_data(tar, text, strlen(text));
	archive_entry_free(entry);
	ck_assert_int_eq(archive_write_free(tar), ARCHIVE_OK);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

void make_layer(const char *id, const char *parent, const char *name, const char *text)
{
	const struct shale_layer_options options = { .size = sizeof(options), .parent = parent };
	auto_close int tar = tar_of(name, text);

	must(shale_layer_create(store, id, &options, &err));
	must(shale_layer_apply(store, id, tar, NULL, NULL, &err));
}

void make_rw(const char *id, const char *parent)
{
	const struct shale_layer_options options = {
		.size = sizeof(options), .parent = parent, .flags = SHALE_CREATE_RW
	};

	must(shale_layer_create(store, id, &options, &err));
}

bool exists(const char *format, ...)
{
	char path[512];
	struct stat st;
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	return lstat(path, &st) == 0;
}

bool holds(const char *path, const char *text)
{
	char data[512] = "";
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, data, sizeof(data) - 1) < 0)
		return false;
	data[strcspn(data, "\n")] = 0;
	return !strcmp(data, text);
}

void write_text(const char *path, const char *text)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_msg(fd >= 0, "make '%s': %s", path, strerror(errno));
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static int count_entries(const char *path)
{
	auto_closedir DIR *dir = opendir(path);
	int n = 0;

	ck_assert_ptr_nonnull(dir);
	for (struct dirent *entry; (entry = readdir(dir));)
		n += entry->d_name[0] != '.';
	return n;
}

static int count_one(const char *id, void *arg)
{
	++*(int *)arg;
	return 0;
}

void assert_tidy(void)
{
	int layers = 0;

	ck_assert_int_eq(count_entries("home/staging"), 0);
	ck_assert_int_eq(count_entries("home/trash"), 0);
	must(layer_each(store, count_one, &layers));
	ck_assert_int_eq(count_entries("home/l"), layers);
}

int keep_pair(const char *what, const char *why, void *arg)
{
	char *text = arg;

	snprintf(text + strlen(text), 512 - strlen(text), "%s: %s; ", what, why);
	return 0;
}

int keep_problem(const struct shale_problem *problem, void *arg)
{
	char *text = arg;

	snprintf(text + strlen(text), 512 - strlen(text), "%s %s: %s; ", problem->kind,
		problem->name, problem->why);
	return 0;
}
