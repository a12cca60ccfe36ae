/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decompresses gzip (RFC 1952), of any number of members, and verifies each one's checksum. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct gunzip;

/* FEED gives the next compressed bytes, which live until its next call: how many, 0 at the end, or
 * a negative errno. */
int gunzip_open(int64_t (*feed)(void *arg, const void **ret), void *arg, struct gunzip **ret);
void gunzip_close(struct gunzip *gunzip);

/* The next plain bytes, which live until the next call: 1, 0 at the end, or a negative errno;
 * -EBADMSG says why in *RET_WHY, a static string. Zeros behind the last member are padding. */
int gunzip_next(struct gunzip *gunzip, const void **ret, size_t *ret_size, const char **ret_why);
