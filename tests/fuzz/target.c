/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fuzz/target.h"
#include "tests/unit/empty_dir.h"

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

void fuzz_dir_empty(int dirfd)
{
	empty_dir(dirfd);
	rmdir(path);
}
