/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/differential/result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

/* The year 2020: earlier times were set by the test, later ones by the clock. */
#define CLOCK_TIME 1577836800

uint64_t hash_bytes(uint64_t hash, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	return hash;
}

const char *errno_word(int error)
{
	const char *word = strerrorname_np(error);

	return word ? word : "E?";
}

bool print_result(FILE *out, long result)
{
	fputs(result < 0 ? errno_word(errno) : "ok", out);
	return result >= 0;
}

void print_time(FILE *out, const struct timespec *time)
{
	if (time->tv_sec >= CLOCK_TIME)
		fputs("now", out);
	else
		fprintf(out, "%lld.%09ld", (long long)time->tv_sec, time->tv_nsec);
}

char type_letter(mode_t mode)
{
	static const char letters[] = "?pc?d?b?f?l?s???";

	return letters[(mode & S_IFMT) >> 12];
}

void print_attributes(FILE *out, const struct stat *st, bool with_nlink)
{
	fprintf(out, "%c mode=%04o owner=%u:%u", type_letter(st->st_mode), st->st_mode & 07777,
		st->st_uid, st->st_gid);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		fprintf(out, " rdev=%u:%u", major(st->st_rdev), minor(st->st_rdev));
	if (!S_ISDIR(st->st_mode))
		fprintf(out, " size=%lld", (long long)st->st_size);
	if (with_nlink)
		fprintf(out, " nlink=%lu", (unsigned long)st->st_nlink);
	fputs(" mtime=", out);
	print_time(out, &st->st_mtim);
}

int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **split_names(char *names, size_t size, size_t *ret_n)
{
	char **list = calloc(size + 1, sizeof(*list));
	size_t n = 0;

	if (!list)
		abort();
	for (size_t at = 0; at < size; at += strlen(names + at) + 1)
		list[n++] = names + at;
	qsort(list, n, sizeof(*list), compare_strings);
	*ret_n = n;
	return list;
}
