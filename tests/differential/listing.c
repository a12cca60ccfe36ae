/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/listing.h"

#include "common/base/scope.h"
#include "common/overlay/overlay_xattr.h"
#include "tests/differential/result.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

void listing_print_names(char *names, size_t size, FILE *out)
{
	size_t n;
	auto_free char **list = split_names(names, size, &n);

	for (size_t i = 0; i < n; i++)
		fprintf(out, " %s", list[i]);
}

static void print_entry(int dirfd_, const struct dirent *d, FILE *out)
{
	struct stat st;
	bool there = fstatat(dirfd_, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0;

	fprintf(out, "%s:%c", d->d_name, type_letter(DTTOIF(d->d_type)));
	if (!there)
		fputs(":gone", out);
	else if (type_letter(st.st_mode) != type_letter(DTTOIF(d->d_type)))
		fputs(":wrong-type", out);
	else if (st.st_ino != d->d_ino && xattr_class_of_process() == XATTR_TRUSTED)
		fputs(":other-ino", out);
	fputc(0, out);
}

void listing_print(int fd, FILE *out)
{
	auto_free char *names = NULL;
	size_t size = 0;
	struct dirent *d;
	auto_closedir DIR *dir = fdopendir(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (!dir) {
		print_result(out, -1);
		return;
	}
	FILE *list = open_memstream(&names, &size);
	for (errno = 0; (d = readdir(dir)); errno = 0)
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			fprintf(list, "%s%c", d->d_name, 0);
		else
			print_entry(fd, d, list);
	int error = errno;
	fclose(list);
	listing_print_names(names, size, out);
	if (error)
		fprintf(out, " readdir:%s", errno_word(error));
}

char **listing_names(int fd, size_t *ret_n)
{
	char *names = NULL;
	size_t size = 0;
	struct dirent *d;
	auto_closedir DIR *dir = fdopendir(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	FILE *list = open_memstream(&names, &size);

	while (dir && (d = readdir(dir)))
		if (strcmp(d->d_name, ".") && strcmp(d->d_name, ".."))
			fprintf(list, "%s%c", d->d_name, 0);
	fclose(list);
	char **sorted = split_names(names, size, ret_n);
	sorted[*ret_n] = names;
	return sorted;
}
