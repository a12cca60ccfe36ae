/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/links.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

struct link {
	dev_t dev;
	ino_t ino;
	char path[];
};

static int by_inode(const void *left, const void *right)
{
	const struct link *a = left, *b = right;

	if (a->ino != b->ino)
		return a->ino < b->ino ? -1 : 1;
	return a->dev == b->dev ? 0 : a->dev < b->dev ? -1 : 1;
}

const char *shale_links_note(
	struct shale_links *links, const struct stat *st, const char *path, int *ret)
{
	*ret = 0;
	if (st->st_nlink < 2)
		return NULL;
	size_t length = strlen(path) + 1;
	struct link *link = malloc(sizeof(*link) + length);
	struct link **found = NULL;
	if (link) {
		link->dev = st->st_dev;
		link->ino = st->st_ino;
		memcpy(link->path, path, length);
		found = tsearch(link, &links->root, by_inode);
	}
	if (!found) {
		free(link);
		*ret = -ENOMEM;
		return NULL;
	}
	if (*found == link)
		return NULL;
	free(link);
	return (*found)->path;
}

void shale_links_free(struct shale_links *links)
{
	tdestroy(links->root, free);
	links->root = NULL;
}
