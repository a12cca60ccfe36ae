/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/fuzz/target.h"

#include "common/archive/stream/stream_restore.h"
#include "common/base/scope.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static void make_file(int dirfd, const char *name, const char *data)
{
	auto_close int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (write(fd, data, strlen(data)) != (ssize_t)strlen(data))
		abort();
}

/* A record that an attacker has written, over a small layer: must read nothing outside the layer,
 * and never block. */
void fuzz_stream(const uint8_t *data, size_t size)
{
	int outside = fuzz_dir();
	auto_close int record = memfd_create("record", MFD_CLOEXEC);
	auto_close int out = memfd_create("tar", MFD_CLOEXEC);
	struct stream_original original = { .record = record };
	struct shale_error err = { 0 };

	if (write(record, data, size) != (ssize_t)size || lseek(record, 0, SEEK_SET) < 0 ||
		mkdirat(outside, "root", 0700) < 0)
		abort();
	auto_close int root = openat(outside, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	make_file(outside, "secret", "secret");
	make_file(root, "a", "data of a");
	if (mkdirat(root, "d", 0700) < 0 || symlinkat("..", root, "l") < 0 ||
		symlinkat("../secret", root, "s") < 0 || mkfifoat(root, "p", 0600) < 0)
		abort();
	make_file(root, "d/b", "data of b");
	strcpy(original.diff_id, "sha256:no");
	int r = stream_restore(&original, root, out, NULL, &err);
	if (r >= 0 || !err.text[0])
		abort();
	char *tar = mmap(NULL, 1 << 16, PROT_READ, MAP_PRIVATE, out, 0);
	struct stat st;
	if (tar == MAP_FAILED || fstat(out, &st) < 0)
		abort();
	size_t n = st.st_size < 1 << 16 ? (size_t)st.st_size : 1 << 16;
	if (memmem(tar, n, "secret", 6) && !memmem(data, size, "secret", 6))
		abort();
	munmap(tar, 1 << 16);
	fuzz_dir_empty(outside);
}
