/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/entry_xattrs.h"

#include "common/base/scope.h"

#include <ctype.h>
#include <string.h>

#define PREFIX "SCHILY.xattr."

struct xattr {
	char *name;
	const char *value;
	size_t size, order;
};

struct xattrs {
	struct xattr *list;
	size_t n, room;
	bool failed;
};

static void decode_name(char *name)
{
	char *to = name, hex[3] = { 0 };

	for (const char *from = name; *from; from++) {
		if (*from == '%' && isxdigit((unsigned char)from[1]) &&
			isxdigit((unsigned char)from[2])) {
			memcpy(hex, from + 1, 2);
			unsigned long byte = strtoul(hex, NULL, 16);
			if (byte == '=' || byte == '%' || (byte > 0 && byte < 33) || byte > 126) {
				*to++ = (char)byte;
				from += 2;
				continue;
			}
		}
		*to++ = *from;
	}
	*to = 0;
}

static int make_room(struct xattrs *xattrs)
{
	if (xattrs->n < xattrs->room)
		return 0;
	size_t room = xattrs->room ? 2 * xattrs->room : 8;
	struct xattr *list = realloc(xattrs->list, room * sizeof(*list));
	if (!list)
		return -ENOMEM;
	xattrs->list = list;
	xattrs->room = room;
	return 0;
}

static void add_record(void *arg, const struct record *record)
{
	const size_t prefix = strlen(PREFIX);
	struct xattrs *xattrs = arg;

	if (record->key_size <= prefix || memcmp(record->key, PREFIX, prefix) != 0)
		return;
	char *name = strndup(record->key + prefix, record->key_size - prefix);
	if (!name || make_room(xattrs) < 0) {
		free(name);
		xattrs->failed = true;
		return;
	}
	decode_name(name);
	xattrs->list[xattrs->n] = (struct xattr){ name, record->value, record->size, xattrs->n };
	xattrs->n++;
}

/* Orders by name. Of two equal names the later record comes first, since the later one counts. */
static int by_name(const void *left, const void *right)
{
	const struct xattr *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order ? order : a->order < b->order ? 1 : -1;
}

/* Adds the xattrs from the last to the first, because libarchive puts each new one in front of
 * the others. */
static void put_into(const struct xattrs *xattrs, struct archive_entry *entry)
{
	archive_entry_xattr_clear(entry);
	for (size_t i = xattrs->n; i-- > 0;) {
		const struct xattr *xattr = &xattrs->list[i];

		if (i == 0 || strcmp(xattrs->list[i - 1].name, xattr->name) != 0)
			archive_entry_xattr_add_entry(
				entry, xattr->name, xattr->value, xattr->size);
	}
}

int entry_xattrs_read(const struct entry_headers *headers, struct archive_entry *entry)
{
	struct xattrs xattrs = { 0 };

	if (archive_entry_xattr_count(entry) == 0)
		return 0;
	tar_headers_each_record(headers, add_record, &xattrs);
	int r = xattrs.failed ? -ENOMEM : 0;
	if (r == 0 && xattrs.n > 0)
		qsort(xattrs.list, xattrs.n, sizeof(*xattrs.list), by_name);
	if (r == 0)
		put_into(&xattrs, entry);
	for (size_t i = 0; i < xattrs.n; i++)
		free(xattrs.list[i].name);
	free(xattrs.list);
	return r;
}
