/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/report_logs.h"

#include "common/base/scope.h"
#include "tools/shale/output.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINES = 5, END = 4096 };

/* Reads the end of the file NAME, at most LINES lines, into RET, which has room for END bytes.
 * Returns false if NAME is no log or has no line. */
static bool read_end(int dir, const char *name, char *ret)
{
	struct stat st;
	auto_close int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	off_t from = st.st_size < END ? 0 : st.st_size - (END - 1);
	ssize_t n = pread(fd, ret, END - 1, from);
	while (n > 0 && ret[n - 1] == '\n')
		n--;
	if (n <= 0)
		return false;
	ret[n] = 0;
	char *line = ret + n;
	for (int lines = 0; line > ret; line--)
		if (line[-1] == '\n' && ++lines == LINES)
			break;
	memmove(ret, line, strlen(line) + 1);
	return true;
}

/* Hides names: replaces all text between the first and the last quotation mark of LINE by "...". A
 * name may have a quotation mark itself. */
static void hide_names(char *line)
{
	char *first = strchr(line, '\''), *last = strrchr(line, '\'');

	if (!first)
		return;
	/* There is only one mark: the log has cut the name off. Replace the rest of the line. */
	if (first == last)
		last = first + strlen(first);
	size_t room = (size_t)(last - first - 1), dots = room < 3 ? room : 3;
	memset(first + 1, '.', dots);
	memmove(first + 1 + dots, last, strlen(last) + 1);
}

static void add_lines(json_t *pairs, const char *log, char *text, bool names)
{
	char key[NAME_MAX + 32], *rest = NULL;
	unsigned n = 0;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (!names)
			hide_names(line);
		snprintf(key, sizeof(key), "%s, line %u", log, ++n);
		json_object_set_new(pairs, key, output_string(line));
	}
}

json_t *report_logs(const char *run, bool names)
{
	json_t *pairs = json_object();
	char path[PATH_MAX], text[END], number[32];
	unsigned logs = 0;
	struct dirent *entry;

	if (!run || snprintf(path, sizeof(path), "%s/log", run) >= (int)sizeof(path))
		return pairs;
	auto_closedir DIR *dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (!read_end(dirfd(dir), entry->d_name, text))
			continue;
		snprintf(number, sizeof(number), "log %u", ++logs);
		add_lines(pairs, names ? entry->d_name : number, text, names);
	}
	return pairs;
}
