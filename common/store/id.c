/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/id.h"

#include "common/base/scope.h"
#include "common/base/error.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
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

bool id_is_valid(const char *id)
{
	size_t n = strlen(id);

	return n > 0 && n <= ID_MAX && strchr(ALNUM, id[0]) && strspn(id, ALNUM "_.-") == n &&
	       !is_reserved(id);
}

int id_check(const char *id, struct shale_error *err)
{
	if (id && id_is_valid(id))
		return 0;
	if (id && is_reserved(id))
		error_fail_plain(
			err, -EINVAL, "layer id '%s': the store uses this name itself", id);
	else
		error_fail_plain(err, -EINVAL, "layer id '%.200s': not a valid id", id ? id : "");
	return error_remedy(err, -EINVAL,
		"an id is a letter or digit, then up to 127 letters, digits, '_', '.' or '-'");
}

int short_make(char ret[SHORT_LEN + 1])
{
	uint8_t random[SHORT_LEN];
	ssize_t n;

	do
		n = getrandom(random, sizeof(random), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	for (size_t i = 0; i < SHORT_LEN; i++)
		ret[i] = BASE32[random[i] % N_BASE32];
	ret[SHORT_LEN] = 0;
	return 0;
}

int id_derive(const char *id, char ret[ID_MAX + 1])
{
	char more[SHORT_LEN + 1];
	int r = short_make(more);

	if (r < 0)
		return r;
	for (char *p = more; *p; p++)
		*p = (char)tolower(*p);
	snprintf(ret, ID_MAX + 1, "%.*s.%s", ID_MAX - SHORT_LEN - 1, id, more);
	return 0;
}

bool short_valid(const char *name)
{
	return strlen(name) == SHORT_LEN && strspn(name, BASE32) == SHORT_LEN;
}
