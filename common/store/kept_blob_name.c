/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/kept_blob_name.h"

#include <stdio.h>
#include <string.h>

bool kept_blob_name_digest(const char *name, char ret[DIGEST_SIZE])
{
	if (strncmp(name, KEPT_BLOB_PREFIX, sizeof(KEPT_BLOB_PREFIX) - 1) != 0)
		return false;
	const char *digits = name + sizeof(KEPT_BLOB_PREFIX) - 1;
	snprintf(ret, DIGEST_SIZE, "%s:%.128s", strlen(digits) > 64 ? "sha512" : "sha256", digits);
	return digest_is_valid(ret) && !strcmp(digest_hex(ret), digits);
}

bool kept_blob_is_name(const char *name)
{
	char digest[DIGEST_SIZE];

	return kept_blob_name_digest(name, digest);
}
