/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/id.h"

#include "common/cleanup.h"
#include "common/error.h"

#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#define LETTERS  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS   "0123456789"
#define ALNUM    LETTERS "abcdefghijklmnopqrstuvwxyz" DIGITS
#define BASE32   LETTERS "234567"
#define N_BASE32 32

static bool is_reserved(const char *id)
{
	static const char *const names[] = { "shale.json", "l", "staging", "trash", "images" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(id, names[i]))
			return true;
	return false;
}

bool shale_id_valid(const char *id)
{
	size_t n = strlen(id);

	return n > 0 && n <= SHALE_ID_MAX && strchr(ALNUM, id[0]) && strspn(id, ALNUM "_.-") == n &&
	       !is_reserved(id);
}

int shale_id_check(const char *id, struct shale_error *err)
{
	if (id && shale_id_valid(id))
		return 0;
	if (id && is_reserved(id))
		shale_fail_plain(
			err, -EINVAL, "layer id '%s': the store uses this name itself", id);
	else
		shale_fail_plain(err, -EINVAL, "layer id '%.200s': not a valid id", id ? id : "");
	return shale_remedy(err, -EINVAL,
		"an id is a letter or digit, then up to 127 letters, digits, '_', '.' or '-'");
}

int shale_short_make(char ret[SHALE_SHORT_LEN + 1])
{
	uint8_t random[SHALE_SHORT_LEN];
	ssize_t n;

	do
		n = getrandom(random, sizeof(random), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	for (size_t i = 0; i < SHALE_SHORT_LEN; i++)
		ret[i] = BASE32[random[i] % N_BASE32];
	ret[SHALE_SHORT_LEN] = 0;
	return 0;
}

bool shale_short_valid(const char *name)
{
	return strlen(name) == SHALE_SHORT_LEN && strspn(name, BASE32) == SHALE_SHORT_LEN;
}
