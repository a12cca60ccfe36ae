/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/store/link.h"

#include "common/base/scope.h"
#include "common/store/store_struct.h"
#include "common/store/files/smallfile.h"

#include <fcntl.h>
#include <string.h>

int link_make(const struct shale_store *store, const char *name, const char *id)
{
	char target[ID_MAX + sizeof("../"
				    "/diff")];

	snprintf(target, sizeof(target), "../%s/diff", id);
	return sys(symlinkat(target, store->links, name));
}

int link_read(const struct shale_store *store, const char *name, char ret_id[ID_MAX + 1])
{
	char target[ID_MAX +
		    sizeof("../"
			   "/diff") +
		    1];
	ssize_t n = readlinkat(store->links, name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = 0;
	char *end = strrchr(target, '/');
	if (strncmp(target, "../", 3) != 0 || end < target + 3 || strcmp(end, "/diff") != 0)
		return -EINVAL;
	*end = 0;
	if (!id_is_valid(target + 3))
		return -EINVAL;
	strcpy(ret_id, target + 3);
	return 0;
}

int link_of(int dir, char ret[SHORT_LEN + 1])
{
	auto_free char *text = NULL;
	ssize_t n = smallfile_read(dir, "link", &text);

	if (n < 0)
		return (int)n;
	if (!short_valid(text))
		return -EINVAL;
	memcpy(ret, text, SHORT_LEN + 1);
	return 0;
}

int link_drop_stale(const struct shale_store *store, const char *name)
{
	char id[ID_MAX + 1], owned[SHORT_LEN + 1];
	int r = link_read(store, name, id);

	/* A read error does not prove that the link leads nowhere. */
	if (r < 0 && r != -EINVAL)
		return r == -ENOENT ? 0 : r;
	if (r == 0) {
		auto_close int dir = sys(
			openat(store->home, id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));

		r = dir < 0 ? dir : link_of(dir, owned);
		if (r == 0 && !strcmp(owned, name))
			return 0;
		/* Remove the name only if its layer certainly does not exist. */
		if (r < 0 && r != -ENOENT && r != -ENOTDIR)
			return r;
	}
	r = sys(unlinkat(store->links, name, 0));
	return r == 0 ? 1 : r == -ENOENT ? 0 : r;
}

int link_drop(const struct shale_store *store, int dir)
{
	char name[SHORT_LEN + 1];

	int r = link_of(dir, name);

	if (r == 0)
		return link_drop_stale(store, name);
	/* If the file "link" names no link, nothing is left to remove. After another error the
	 * caller tries again later. */
	return r == -ENOENT || r == -EINVAL ? 0 : r;
}
