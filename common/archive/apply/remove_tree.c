/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/remove_tree.h"

#include "common/base/scope.h"

#include <fcntl.h>
#include <string.h>

struct scratch_name {
	char text[32];
};

static struct scratch_name name_of(unsigned long number)
{
	struct scratch_name name;

	snprintf(name.text, sizeof(name.text), ".wh..rm.%lu", number);
	return name;
}

static int take_away(int dirfd, const char *name, int scratch, unsigned long *counter)
{
	int r = sys(renameat(dirfd, name, scratch, name_of(*counter).text));

	if (r == 0)
		++*counter;
	return r;
}

static int empty(DIR *dir, int scratch, unsigned long *counter)
{
	struct dirent *entry;
	int r = 0;

	errno = 0;
	while (r >= 0 && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		r = sys(unlinkat(dirfd(dir), entry->d_name, 0));
		if (r == -EISDIR)
			r = take_away(dirfd(dir), entry->d_name, scratch, counter);
		errno = 0;
	}
	return r < 0 ? r : -errno;
}

int remove_tree(int dirfd, const char *name, int scratch, unsigned long *counter)
{
	unsigned long first = *counter;
	int r = take_away(dirfd, name, scratch, counter);

	for (unsigned long i = first; r >= 0 && i < *counter; i++) {
		struct scratch_name next = name_of(i);
		int fd = sys(openat(
			scratch, next.text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
		if (fd < 0)
			return fd;
		auto_closedir DIR *dir = fdopendir(fd);
		if (!dir) {
			close(fd);
			return -ENOMEM;
		}
		r = empty(dir, scratch, counter);
		if (r >= 0)
			r = sys(unlinkat(scratch, next.text, AT_REMOVEDIR));
	}
	return r;
}
