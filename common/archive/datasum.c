/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/datasum.h"

#include "common/archive/zeros.h"
#include "common/base/scope.h"

#include <endian.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#define BLOCK ((size_t)4096)
#define PIECE ((size_t)256 * 1024)

struct datasum {
	XXH3_state_t *state;
	int64_t at;       /* offset in the file of the next byte to add */
	char part[BLOCK]; /* bytes of the current block, up to AT */
	bool disorder;
	char piece[PIECE]; /* buffer in which datasum_of_file reads a file */
};

struct datasum *datasum_new(void)
{
	struct datasum *sum = calloc(1, sizeof(*sum));

	if (sum)
		sum->state = XXH3_createState();
	if (!sum || !sum->state) {
		free(sum);
		return NULL;
	}
	return sum;
}

void datasum_free(struct datasum *sum)
{
	if (!sum)
		return;
	XXH3_freeState(sum->state);
	free(sum);
}

void datasum_begin(struct datasum *sum)
{
	XXH3_128bits_reset(sum->state);
	sum->at = 0;
	sum->disorder = false;
}

static void put_number(struct datasum *sum, int64_t number)
{
	uint64_t bytes = htole64((uint64_t)number);

	XXH3_128bits_update(sum->state, &bytes, sizeof(bytes));
}

static void put_block(struct datasum *sum, int64_t offset, const char *data)
{
	if (data_is_zero(data, BLOCK))
		return;
	put_number(sum, offset / (int64_t)BLOCK);
	XXH3_128bits_update(sum->state, data, BLOCK);
}

/* Adds the current block to the digest: it is complete, or the next bytes belong to another
 * block. */
static void flush(struct datasum *sum)
{
	size_t used = (size_t)sum->at % BLOCK;

	if (!used)
		return;
	memset(sum->part + used, 0, BLOCK - used);
	put_block(sum, sum->at - (int64_t)used, sum->part);
}

static void skip_to(struct datasum *sum, int64_t offset)
{
	size_t used = (size_t)sum->at % BLOCK;
	int64_t block = sum->at - (int64_t)used;

	if (offset >= block + (int64_t)BLOCK) {
		flush(sum);
		used = 0;
	}
	memset(sum->part + used, 0, BLOCK - used);
	sum->at = offset;
}

void datasum_add(struct datasum *sum, int64_t offset, const void *data, size_t size)
{
	const char *from = data;

	if (offset < sum->at)
		sum->disorder = true;
	if (sum->disorder)
		return;
	if (offset > sum->at)
		skip_to(sum, offset);
	while (size) {
		size_t used = (size_t)sum->at % BLOCK;
		size_t n = size < BLOCK - used ? size : BLOCK - used;
		if (n == BLOCK) {
			put_block(sum, sum->at, from);
		} else {
			memcpy(sum->part + used, from, n);
			if (used + n == BLOCK)
				put_block(sum, sum->at - (int64_t)used, sum->part);
		}
		sum->at += (int64_t)n;
		from += n;
		size -= n;
	}
}

static void tell(XXH128_hash_t hash, struct digest *ret)
{
	XXH128_canonical_t canonical;

	XXH128_canonicalFromHash(&canonical, hash);
	memcpy(ret->bytes, canonical.digest, sizeof(ret->bytes));
}

bool datasum_end(struct datasum *sum, int64_t size, struct digest *ret)
{
	flush(sum);
	put_number(sum, size);
	tell(XXH3_128bits_digest(sum->state), ret);
	return !sum->disorder && sum->at <= size;
}

/* Computes the digest of a file of one block (block number, data, size) in a single call, since
 * most files are that small. */
static void sum_block(const char *data, size_t size, struct digest *ret)
{
	struct {
		uint64_t number;
		char block[BLOCK];
		uint64_t size;
	} all = { .size = htole64(size) };

	memcpy(all.block, data, size);
	if (data_is_zero(all.block, BLOCK))
		tell(XXH3_128bits(&all.size, sizeof(all.size)), ret);
	else
		tell(XXH3_128bits(&all, sizeof(all)), ret);
}

void datasum_of_data(struct datasum *sum, const void *data, size_t size, struct digest *ret)
{
	if (size <= BLOCK) {
		sum_block(data, size, ret);
		return;
	}
	datasum_begin(sum);
	datasum_add(sum, 0, data, size);
	datasum_end(sum, (int64_t)size, ret);
}

/* Returns the offset of the first data at or after AT; -ENXIO if only a hole follows. */
static off_t next_data(int fd, off_t at, const struct stat *st)
{
	if (st->st_blocks * 512 >= st->st_size)
		return at < st->st_size ? at : -ENXIO;
	off_t data = sys(lseek(fd, at, SEEK_DATA));
	return data == -EINVAL ? at : data;
}

int datasum_of_file(struct datasum *sum, int fd, struct digest *ret)
{
	struct stat st;
	off_t at = 0;

	if (fstat(fd, &st) < 0)
		return -errno;
	datasum_begin(sum);
	while ((at = next_data(fd, at, &st)) >= 0) {
		ssize_t n = pread(fd, sum->piece, PIECE, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		datasum_add(sum, at, sum->piece, (size_t)n);
		at += n;
	}
	if (at < 0 && at != -ENXIO)
		return (int)at;
	return datasum_end(sum, st.st_size, ret) ? 0 : -EIO;
}
