/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/base/option_struct.h"

#include "common/base/error.h"

#include <errno.h>
#include <string.h>

/* No option struct is this large: the caller forgot to set the size field, and it holds garbage. */
#define SIZE_TOO_LARGE 4096

static int fail_unknown(const char *what, struct shale_error *err)
{
	error_fail_plain(
		err, -E2BIG, "%s: an option that this version of libshale does not know", what);
	return error_remedy(err, -E2BIG, "install a newer libshale, or do without the option");
}

int option_struct_take(
	void *mine, size_t size, const void *theirs, const char *what, struct shale_error *err)
{
	size_t their_size = sizeof(size_t);

	if (theirs)
		memcpy(&their_size, theirs, sizeof(their_size));
	if (their_size < sizeof(size_t) || their_size > SIZE_TOO_LARGE)
		return error_fail_plain(err, -EINVAL, "%s: option struct without its size", what);
	for (size_t i = size; i < their_size; i++)
		if (((const char *)theirs)[i])
			return fail_unknown(what, err);
	memset(mine, 0, size);
	if (theirs)
		memcpy(mine, theirs, their_size < size ? their_size : size);
	memcpy(mine, &size, sizeof(size));
	return 0;
}

int option_flags_check(
	unsigned long flags, unsigned long known, const char *what, struct shale_error *err)
{
	if (!(flags & ~known))
		return 0;
	return error_fail_plain(err, -EINVAL, "%s: unknown flag 0x%lx", what, flags & ~known);
}
