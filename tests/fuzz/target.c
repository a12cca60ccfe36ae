/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fuzz/target.h"

#include "common/base/scope.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct fuzz_target fuzz_targets[] = {
	{ "apply", fuzz_apply },
	{ "layer", fuzz_layer },
	{ "image", fuzz_image },
	{ "stream", fuzz_stream },
	{ "merge", fuzz_merge },
	{ "options", fuzz_options },
	{ "request", fuzz_request },
	{ "filter", fuzz_filter },
	{ "wire", fuzz_wire },
	{ 0 },
};

static char path[64];

int fuzz_dir(void)
{
	if (!*path) {
		strcpy(path, "/dev/shm/shale-fuzz.XXXXXX");
		if (!mkdtemp(path)) {
			strcpy(path, "/tmp/shale-fuzz.XXXXXX");
			if (!mkdtemp(path))
				abort();
		}
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		abort();
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		abort();
	return fd;
}

static void empty(int dirfd)
{
	auto_closedir DIR *dir = fdopendir(dirfd);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *name = entry->d_name;
		if (!strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		if (unlinkat(dirfd, name, 0) == 0)
			continue;
		fchmodat(dirfd, name, 0700, 0);
		int sub = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0)
			empty(sub);
		unlinkat(dirfd, name, AT_REMOVEDIR);
	}
}

void fuzz_dir_empty(int dirfd)
{
	empty(dirfd);
	rmdir(path);
}
