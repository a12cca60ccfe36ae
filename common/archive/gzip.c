/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/gzip.h"

#include "common/base/error.h"
#include "common/base/scope.h"
#include "common/base/thread.h"

#include <stdbool.h>
#include <string.h>
#include <zlib.h>

/* Each block is compressed alone, with the last bytes of the block before as its dictionary, and
 * its output ends at a whole byte. So the outputs form one stream when they are joined. */
#define BLOCK      ((size_t)256 * 1024)
#define DICTIONARY ((size_t)32 * 1024)
/* room for the output: data that do not compress become a little longer */
#define ROOM         (BLOCK + 4096)
#define MOST_THREADS 8 /* more threads would only use memory, since reading the input is slower */
#define WINDOW_BITS  15
#define MEMORY       8

struct block {
	bool last, done;
	size_t dictionary; /* bytes of dictionary in IN; the block's data begin at DICTIONARY */
	size_t size, packed;
	uint32_t sum;
	int error;
	unsigned char in[DICTIONARY + BLOCK], out[ROOM];
};

struct worker {
	struct gzip *gzip;
	z_stream z;
	bool ready; /* Z was initialised and must be released */
	pthread_t thread;
};

/* Blocks are numbered. Block N uses the element N modulo N_BLOCKS of BLOCKS. */
struct gzip {
	gzip_fn *write;
	void *arg;
	bool header_written;
	uint32_t sum;
	uint64_t length, written; /* bytes that came in; number of blocks that were written */
	size_t n_blocks, n_threads;
	struct block *blocks;
	struct worker workers[MOST_THREADS];

	pthread_mutex_t lock; /* guards all fields below, and DONE of each block */
	pthread_cond_t more, done;
	/* Number of blocks that the caller has filled, and that threads have taken. */
	uint64_t filled, taken;
	bool stop;
};

static void pack(z_stream *z, struct block *block)
{
	const unsigned char *data = block->in + DICTIONARY;
	bool ok = deflateReset(z) == Z_OK;

	if (ok && block->dictionary)
		ok = deflateSetDictionary(z, block->in, DICTIONARY) == Z_OK;
	z->next_in = (unsigned char *)data;
	z->avail_in = (unsigned int)block->size;
	z->next_out = block->out;
	z->avail_out = ROOM;
	int r = ok ? deflate(z, block->last ? Z_FINISH : Z_SYNC_FLUSH) : Z_STREAM_ERROR;
	/* If OUT is full, zlib may have more output: that is an error, since OUT has room for all
	 * of it. */
	ok = (r == Z_OK || r == Z_STREAM_END) && z->avail_in == 0 && z->avail_out > 0;
	block->error = ok && (r == Z_STREAM_END) == block->last ? 0 : -EIO;
	block->packed = ROOM - z->avail_out;
	block->sum = (uint32_t)crc32(0, data, (unsigned int)block->size);
}

static struct block *block_at(const struct gzip *gzip, uint64_t number)
{
	return &gzip->blocks[number % gzip->n_blocks];
}

/* ---- in the threads ---- */

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct gzip *gzip = worker->gzip;

	pthread_mutex_lock(&gzip->lock);
	for (;;) {
		while (gzip->taken == gzip->filled && !gzip->stop)
			pthread_cond_wait(&gzip->more, &gzip->lock);
		if (gzip->stop)
			break;
		struct block *block = block_at(gzip, gzip->taken++);
		pthread_mutex_unlock(&gzip->lock);
		pack(&worker->z, block);
		pthread_mutex_lock(&gzip->lock);
		block->done = true;
		pthread_cond_signal(&gzip->done);
	}
	pthread_mutex_unlock(&gzip->lock);
	return NULL;
}

/* ---- in the caller ---- */

/* Starts the threads. If none can be started, the caller compresses. */
static void start_threads(struct gzip *gzip, size_t threads)
{
	while (threads > 1 && gzip->n_threads < threads) {
		struct worker *worker = &gzip->workers[gzip->n_threads];
		if (thread_start(&worker->thread, work, worker) < 0)
			break;
		gzip->n_threads++;
	}
}

static int open_workers(struct gzip *gzip, size_t threads)
{
	for (size_t i = 0; i < threads; i++) {
		struct worker *worker = &gzip->workers[i];
		worker->gzip = gzip;
		if (deflateInit2(&worker->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -WINDOW_BITS,
			    MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
			return -ENOMEM;
		worker->ready = true;
	}
	return 0;
}

int gzip_new(gzip_fn *write, void *arg, size_t threads, struct gzip **ret, struct shale_error *err)
{
	auto_gzip struct gzip *gzip = calloc(1, sizeof(*gzip));

	if (!gzip)
		return error_fail(err, -ENOMEM, "compress");
	if (threads == 0)
		threads = thread_processors();
	if (threads > MOST_THREADS)
		threads = MOST_THREADS;
	pthread_mutex_init(&gzip->lock, NULL);
	pthread_cond_init(&gzip->more, NULL);
	pthread_cond_init(&gzip->done, NULL);
	gzip->write = write;
	gzip->arg = arg;
	gzip->n_blocks = 2 * threads + 1;
	/* calloc() of this size uses no memory for blocks that are never filled. */
	gzip->blocks = calloc(gzip->n_blocks, sizeof(*gzip->blocks));
	if (!gzip->blocks || open_workers(gzip, threads) < 0)
		return error_fail(err, -ENOMEM, "compress");
	start_threads(gzip, threads);
	*ret = steal_ptr(&gzip);
	return 0;
}

void gzip_free(struct gzip *gzip)
{
	if (!gzip)
		return;
	pthread_mutex_lock(&gzip->lock);
	gzip->stop = true;
	pthread_cond_broadcast(&gzip->more);
	pthread_mutex_unlock(&gzip->lock);
	for (size_t i = 0; i < gzip->n_threads; i++)
		pthread_join(gzip->workers[i].thread, NULL);
	for (size_t i = 0; i < MOST_THREADS; i++)
		if (gzip->workers[i].ready)
			deflateEnd(&gzip->workers[i].z);
	pthread_cond_destroy(&gzip->done);
	pthread_cond_destroy(&gzip->more);
	pthread_mutex_destroy(&gzip->lock);
	free(gzip->blocks);
	free(gzip);
}

/* Writes a gzip header without a file name and a time, so that equal data give equal bytes. */
static int write_header(struct gzip *gzip, struct shale_error *err)
{
	enum { UNIX = 3 };
	static const unsigned char header[10] = { 0x1f, 0x8b, Z_DEFLATED, [9] = UNIX };

	if (gzip->header_written)
		return 0;
	gzip->header_written = true;
	return gzip->write(header, sizeof(header), gzip->arg, err);
}

/* Waits until the oldest unwritten block is compressed. The caller has checked that there is such a
 * block. */
static struct block *wait_for_block(struct gzip *gzip)
{
	struct block *block = block_at(gzip, gzip->written);

	if (gzip->n_threads == 0) {
		pack(&gzip->workers[0].z, block);
		return block;
	}
	pthread_mutex_lock(&gzip->lock);
	while (!block->done)
		pthread_cond_wait(&gzip->done, &gzip->lock);
	block->done = false;
	pthread_mutex_unlock(&gzip->lock);
	return block;
}

/* Writes compressed blocks, but leaves the newest KEPT blocks to later calls. */
static int write_blocks(struct gzip *gzip, uint64_t kept, struct shale_error *err)
{
	int r = write_header(gzip, err);

	while (r == 0 && gzip->filled - gzip->written > kept) {
		struct block *block = wait_for_block(gzip);
		if (block->error < 0)
			return error_fail_plain(err, block->error, "compress: zlib failed");
		gzip->sum = (uint32_t)crc32_combine(gzip->sum, block->sum, (z_off_t)block->size);
		gzip->written++;
		r = gzip->write(block->out, block->packed, gzip->arg, err);
	}
	return r;
}

/* Hands the block that the caller has filled over to the threads. */
static void hand_over(struct gzip *gzip, bool last)
{
	block_at(gzip, gzip->filled)->last = last;
	pthread_mutex_lock(&gzip->lock);
	gzip->filled++;
	pthread_cond_signal(&gzip->more);
	pthread_mutex_unlock(&gzip->lock);
}

/* Begins the next block, whose place is free. The block before is not changed any more. */
static void begin_block(struct gzip *gzip)
{
	const struct block *before = block_at(gzip, gzip->filled - 1);
	struct block *block = block_at(gzip, gzip->filled);

	memcpy(block->in, before->in + BLOCK, DICTIONARY);
	block->dictionary = DICTIONARY;
	block->size = 0;
}

int gzip_write(struct gzip *gzip, const void *data, size_t size, struct shale_error *err)
{
	const char *at = data;
	int r = 0;

	gzip->length += size;
	while (r == 0 && size > 0) {
		struct block *block = block_at(gzip, gzip->filled);
		size_t n = BLOCK - block->size < size ? BLOCK - block->size : size;
		memcpy(block->in + DICTIONARY + block->size, at, n);
		block->size += n;
		at += n;
		size -= n;
		if (block->size < BLOCK)
			break;
		hand_over(gzip, false);
		r = write_blocks(gzip, gzip->n_blocks - 1, err);
		begin_block(gzip);
	}
	return r;
}

static void put_number(unsigned char *to, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(number >> 8 * i);
}

int gzip_finish(struct gzip *gzip, struct shale_error *err)
{
	unsigned char trailer[8];

	hand_over(gzip, true);
	int r = write_blocks(gzip, 0, err);
	if (r < 0)
		return r;
	put_number(trailer, gzip->sum);
	put_number(trailer + 4, (uint32_t)gzip->length);
	return gzip->write(trailer, sizeof(trailer), gzip->arg, err);
}
