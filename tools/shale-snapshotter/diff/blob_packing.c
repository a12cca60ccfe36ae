/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/diff/blob_packing.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

/* Compression level: the default of Go and Docker. */
#define LEVEL       Z_DEFAULT_COMPRESSION
#define GZIP_WINDOW (15 + 16)
#define PACKED_SIZE (1 << 20)

struct blob_packing {
	bool gzip;
	blob_packing_fn *fn;
	void *arg;
	z_stream stream;
	unsigned char packed[PACKED_SIZE];
};

int blob_packing_new(bool gzip, blob_packing_fn *fn, void *arg, struct blob_packing **ret)
{
	struct blob_packing *packing = calloc(1, sizeof(*packing));

	if (!packing)
		return -ENOMEM;
	packing->gzip = gzip;
	packing->fn = fn;
	packing->arg = arg;
	if (gzip && deflateInit2(&packing->stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, 8,
			    Z_DEFAULT_STRATEGY) != Z_OK) {
		free(packing);
		return -ENOMEM;
	}
	packing->stream.next_out = packing->packed;
	packing->stream.avail_out = PACKED_SIZE;
	*ret = packing;
	return 0;
}

static int hand_out(struct blob_packing *packing)
{
	size_t size = PACKED_SIZE - packing->stream.avail_out;

	packing->stream.next_out = packing->packed;
	packing->stream.avail_out = PACKED_SIZE;
	return size ? packing->fn(packing->packed, size, packing->arg) : 0;
}

static int deflate_all(struct blob_packing *packing, int flush)
{
	int r = 0, z = Z_OK;

	while (r == 0 && (packing->stream.avail_in || (flush == Z_FINISH && z != Z_STREAM_END))) {
		z = deflate(&packing->stream, flush);
		if (z == Z_STREAM_ERROR)
			return -EIO;
		if (!packing->stream.avail_out || z == Z_STREAM_END)
			r = hand_out(packing);
	}
	return r;
}

int blob_packing_add(struct blob_packing *packing, const void *data, size_t size)
{
	if (!packing->gzip)
		return packing->fn(data, size, packing->arg);
	packing->stream.next_in = (unsigned char *)data;
	packing->stream.avail_in = (unsigned int)size;
	return deflate_all(packing, Z_NO_FLUSH);
}

int blob_packing_finish(struct blob_packing *packing)
{
	return packing->gzip ? deflate_all(packing, Z_FINISH) : 0;
}

void blob_packing_free(struct blob_packing *packing)
{
	if (packing && packing->gzip)
		deflateEnd(&packing->stream);
	free(packing);
}
