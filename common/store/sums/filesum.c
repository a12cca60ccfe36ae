/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/sums/filesum.h"

#include "common/base/scope.h"

#include <xxhash.h>

#define CHUNK ((size_t)64 * 1024)

struct filesum {
	XXH3_state_t *state;
};

struct filesum *filesum_new(void)
{
	auto_filesum struct filesum *sum = calloc(1, sizeof(*sum));

	if (sum)
		sum->state = XXH3_createState();
	if (!sum || !sum->state)
		return NULL;
	XXH3_128bits_reset(sum->state);
	return steal_ptr(&sum);
}

void filesum_free(struct filesum *sum)
{
	if (!sum)
		return;
	XXH3_freeState(sum->state);
	free(sum);
}

void filesum_add(struct filesum *sum, const void *data, size_t size)
{
	XXH3_128bits_update(sum->state, data, size);
}

void filesum_end(const struct filesum *sum, char ret[FILESUM_HEX])
{
	XXH128_canonical_t canonical;

	XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(sum->state));
	for (size_t i = 0; i < sizeof(canonical.digest); i++)
		sprintf(ret + 2 * i, "%02x", canonical.digest[i]);
}

int filesum_of_file(int fd, char ret[FILESUM_HEX])
{
	auto_filesum struct filesum *sum = filesum_new();
	auto_free char *buf = malloc(CHUNK);
	off_t at = 0;
	ssize_t n;

	if (!sum || !buf)
		return -ENOMEM;
	while ((n = pread(fd, buf, CHUNK, at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		filesum_add(sum, buf, (size_t)n);
		at += n;
	}
	filesum_end(sum, ret);
	return 0;
}
