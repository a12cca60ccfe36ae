/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/acl.h"

#include "common/base/scope.h"

#include <endian.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdint.h>
#include <string.h>

#define HEADER sizeof(struct posix_acl_xattr_header)
#define ENTRY  sizeof(struct posix_acl_xattr_entry)

static int kernel_tag(int tag)
{
	switch (tag) {
	case ARCHIVE_ENTRY_ACL_USER_OBJ:
		return ACL_USER_OBJ;
	case ARCHIVE_ENTRY_ACL_USER:
		return ACL_USER;
	case ARCHIVE_ENTRY_ACL_GROUP_OBJ:
		return ACL_GROUP_OBJ;
	case ARCHIVE_ENTRY_ACL_GROUP:
		return ACL_GROUP;
	case ARCHIVE_ENTRY_ACL_MASK:
		return ACL_MASK;
	case ARCHIVE_ENTRY_ACL_OTHER:
		return ACL_OTHER;
	default:
		return 0;
	}
}

/* Orders entries by tag, then by id: the kernel accepts an ACL in no other order. */
static int by_tag_and_id(const void *left, const void *right)
{
	const struct posix_acl_xattr_entry *a = left, *b = right;
	uint32_t a_id = le32toh(a->e_id), b_id = le32toh(b->e_id);

	if (a->e_tag != b->e_tag)
		return le16toh(a->e_tag) < le16toh(b->e_tag) ? -1 : 1;
	return a_id == b_id ? 0 : a_id < b_id ? -1 : 1;
}

/* Finds the ACL as an xattr of the entry. The xattr counts more than the ACL's text: container
 * engines read only the xattr, and the xattr has numeric ids, while the text may have names that
 * this host does not know. */
static ssize_t acl_in_xattrs(struct archive_entry *entry, const char *wanted, char **ret)
{
	const char *name;
	const void *value;
	size_t size;

	archive_entry_xattr_reset(entry);
	while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
		if (strcmp(name, wanted) != 0 || size == 0)
			continue;
		*ret = malloc(size);
		if (!*ret)
			return -ENOMEM;
		memcpy(*ret, value, size);
		return (ssize_t)size;
	}
	return 0;
}

ssize_t acl_of_entry(struct archive_entry *entry, int type, char **ret)
{
	const char *xattr = type == ARCHIVE_ENTRY_ACL_TYPE_ACCESS ? ACL_ACCESS : ACL_DEFAULT;
	ssize_t found = acl_in_xattrs(entry, xattr, ret);
	if (found != 0)
		return found;

	int count = archive_entry_acl_reset(entry, type);
	int got_type, perm, tag, id;
	const char *name;

	if (count <= 0)
		return 0;
	auto_free char *value = malloc(HEADER + (size_t)count * ENTRY);
	if (!value)
		return -ENOMEM;
	*(struct posix_acl_xattr_header *)value = (struct posix_acl_xattr_header){ htole32(
		POSIX_ACL_XATTR_VERSION) };
	struct posix_acl_xattr_entry *acl = (void *)(value + HEADER);
	size_t n = 0;
	while (n < (size_t)count && archive_entry_acl_next(entry, type, &got_type, &perm, &tag, &id,
					    &name) == ARCHIVE_OK) {
		int kernel = kernel_tag(tag);
		int named = kernel == ACL_USER || kernel == ACL_GROUP;
		if (!kernel)
			return -EINVAL;
		/* GNU tar writes a name without a number, and a name means nothing on another
		 * host. */
		if (named && id < 0)
			continue;
		acl[n++] = (struct posix_acl_xattr_entry){ htole16((uint16_t)kernel),
			htole16(perm & 7), htole32(named ? (uint32_t)id : ACL_UNDEFINED_ID) };
	}
	if (n == 0)
		return 0;
	qsort(acl, n, ENTRY, by_tag_and_id);
	*ret = steal_ptr(&value);
	return (ssize_t)(HEADER + n * ENTRY);
}

static const struct posix_acl_xattr_entry *entries_of(const char *value, size_t size, size_t *ret_n)
{
	const struct posix_acl_xattr_header *header = (const void *)value;

	if (size < HEADER || (size - HEADER) % ENTRY ||
		le32toh(header->a_version) != POSIX_ACL_XATTR_VERSION)
		return NULL;
	*ret_n = (size - HEADER) / ENTRY;
	return (const void *)(value + HEADER);
}

static int print_entry(FILE *out, const struct posix_acl_xattr_entry *entry)
{
	static const struct {
		int tag;
		const char *word;
	} words[] = { { ACL_USER_OBJ, "user" }, { ACL_USER, "user" }, { ACL_GROUP_OBJ, "group" },
		{ ACL_GROUP, "group" }, { ACL_MASK, "mask" }, { ACL_OTHER, "other" } };
	int tag = le16toh(entry->e_tag), perm = le16toh(entry->e_perm);

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (words[i].tag != tag)
			continue;
		fprintf(out, "%s:", words[i].word);
		if (tag == ACL_USER || tag == ACL_GROUP)
			fprintf(out, "%u", le32toh(entry->e_id));
		fprintf(out, ":%c%c%c", perm & 4 ? 'r' : '-', perm & 2 ? 'w' : '-',
			perm & 1 ? 'x' : '-');
		return 0;
	}
	return -EINVAL;
}

int acl_to_text(const char *value, size_t size, char **ret)
{
	size_t n, length;
	auto_free char *text = NULL;
	const struct posix_acl_xattr_entry *entries = entries_of(value, size, &n);

	if (!entries)
		return -EINVAL;
	FILE *out = open_memstream(&text, &length);
	if (!out)
		return -ENOMEM;
	int r = 0;
	for (size_t i = 0; i < n && r >= 0; i++) {
		if (i > 0)
			fputc(',', out);
		r = print_entry(out, &entries[i]);
	}
	if (fclose(out) != 0 && r >= 0)
		r = -ENOMEM;
	if (r >= 0)
		*ret = steal_ptr(&text);
	return r;
}

int acl_mode(const char *value, size_t size)
{
	size_t n;
	const struct posix_acl_xattr_entry *entries = entries_of(value, size, &n);
	int user = 0, group = 0, mask = -1, other = 0;

	/* The kernel takes an empty ACL as "no ACL". */
	if (!entries || n == 0)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		int perm = le16toh(entries[i].e_perm) & 7;
		switch (le16toh(entries[i].e_tag)) {
		case ACL_USER_OBJ:
			user = perm;
			break;
		case ACL_GROUP_OBJ:
			group = perm;
			break;
		case ACL_MASK:
			mask = perm;
			break;
		case ACL_OTHER:
			other = perm;
		}
	}
	return user << 6 | (mask >= 0 ? mask : group) << 3 | other;
}
