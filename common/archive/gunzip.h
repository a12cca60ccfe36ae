/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decompresses gzip (RFC 1952) with any number of members, and verifies their checksums. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct gunzip;

/* Prepares to decompress. FEED sets *RET to the next compressed bytes, valid until its next call,
 * and returns their number; 0 at the end; or a negative errno. */
int gunzip_open(int64_t (*feed)(void *arg, const void **ret), void *arg, struct gunzip **ret);
void gunzip_close(struct gunzip *gunzip);

/* Finds the next plain bytes. Returns 1 and the bytes, which are valid until the next call; 0 at
 * the end; or a negative errno. For -EBADMSG the reason is in *RET_WHY, a static string. Ignores
 * zeros behind the last member. */
int gunzip_next(struct gunzip *gunzip, const void **ret, size_t *ret_size, const char **ret_why);
