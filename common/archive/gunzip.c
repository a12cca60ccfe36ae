/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/gunzip.h"

#include "common/base/scope.h"

#include <string.h>
#include <zlib.h>

#define CHUNK       ((size_t)256 * 1024)
#define ONLY_GZIP   16
#define WINDOW_BITS 15

struct gunzip {
	int64_t (*feed)(void *arg, const void **ret);
	void *arg;
	z_stream z;
	enum { INSIDE, BETWEEN, PADDING } state;
	unsigned char plain[CHUNK];
};

int gunzip_open(int64_t (*feed)(void *arg, const void **ret), void *arg, struct gunzip **ret)
{
	struct gunzip *gunzip = malloc(sizeof(*gunzip));

	if (!gunzip)
		return -ENOMEM;
	gunzip->feed = feed;
	gunzip->arg = arg;
	gunzip->state = INSIDE;
	gunzip->z = (z_stream){ 0 };
	if (inflateInit2(&gunzip->z, WINDOW_BITS + ONLY_GZIP) != Z_OK) {
		free(gunzip);
		return -ENOMEM;
	}
	*ret = gunzip;
	return 0;
}

void gunzip_close(struct gunzip *gunzip)
{
	if (!gunzip)
		return;
	inflateEnd(&gunzip->z);
	free(gunzip);
}

/* Reads more input. Returns 1, 0 at the end, or a negative errno. */
static int fill(struct gunzip *gunzip)
{
	const void *bytes;

	if (gunzip->z.avail_in > 0)
		return 1;
	int64_t n = gunzip->feed(gunzip->arg, &bytes);
	if (n <= 0)
		return (int)n;
	gunzip->z.next_in = (unsigned char *)bytes;
	gunzip->z.avail_in = (unsigned int)n;
	return 1;
}

static int fail(const char *why, const char **ret_why)
{
	*ret_why = why;
	return -EBADMSG;
}

/* Begins the next member of the file, or skips zeros up to the end. */
static int begin_member(struct gunzip *gunzip, const char **ret_why)
{
	if (*gunzip->z.next_in != 0 && gunzip->state == BETWEEN) {
		gunzip->state = INSIDE;
		return inflateReset(&gunzip->z) == Z_OK ? 0 : -EINVAL;
	}
	gunzip->state = PADDING;
	for (; gunzip->z.avail_in > 0; gunzip->z.avail_in--, gunzip->z.next_in++)
		if (*gunzip->z.next_in != 0)
			return fail("something else follows the compressed data", ret_why);
	return 0;
}

/* Decompresses some bytes. Z_BUF_ERROR is no failure: it only means that this call could not do
 * anything. */
static int inflate_some(struct gunzip *gunzip, const char **ret_why)
{
	switch (inflate(&gunzip->z, Z_NO_FLUSH)) {
	case Z_OK:
	case Z_BUF_ERROR:
		return 0;
	case Z_STREAM_END:
		gunzip->state = BETWEEN;
		return 0;
	case Z_MEM_ERROR:
		return -ENOMEM;
	default:
		return fail(gunzip->z.msg ? gunzip->z.msg : "bad gzip data", ret_why);
	}
}

int gunzip_next(struct gunzip *gunzip, const void **ret, size_t *ret_size, const char **ret_why)
{
	gunzip->z.next_out = gunzip->plain;
	gunzip->z.avail_out = CHUNK;
	while (gunzip->z.avail_out > 0) {
		int r = fill(gunzip);
		if (r == 0 && gunzip->state == INSIDE)
			return fail("it ends too early", ret_why);
		if (r == 0)
			break;
		if (r > 0)
			r = gunzip->state == INSIDE ? inflate_some(gunzip, ret_why)
						    : begin_member(gunzip, ret_why);
		if (r < 0)
			return r;
	}
	*ret = gunzip->plain;
	*ret_size = CHUNK - gunzip->z.avail_out;
	return *ret_size > 0;
}
