/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/xattr_ids.h"

#include "common/base/scope.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/overlay_xattr.h"

#include <endian.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <string.h>

/* The largest valid id. No account has it, so an ACL entry with this id gives nobody access. */
#define NOBODY_AT_ALL (UINT32_MAX - 1)

/* Translates one id, or returns a negative errno if no range covers it. */
typedef int64_t translate_fn(const struct idmap *map, uint32_t id);

struct acl {
	struct posix_acl_xattr_entry *entries;
	size_t n;
};

static bool is_acl(const char *name)
{
	return !strcmp(name, ACL_ACCESS) || !strcmp(name, ACL_DEFAULT);
}

bool idmaps_has(const struct idmaps *maps, const char *name)
{
	return (maps->uids && !strcmp(name, CAPABILITY_XATTR)) ||
	       ((maps->uids || maps->gids) && is_acl(name));
}

static bool parse_acl(void *value, size_t size, struct acl *ret)
{
	const struct posix_acl_xattr_header *header = value;

	if (size < sizeof(*header) || le32toh(header->a_version) != POSIX_ACL_XATTR_VERSION ||
		(size - sizeof(*header)) % sizeof(*ret->entries))
		return false;
	ret->entries = (void *)((char *)value + sizeof(*header));
	ret->n = (size - sizeof(*header)) / sizeof(*ret->entries);
	return true;
}

/* Translates the id of ENTRY. An entry without an id keeps its value. */
static int64_t translate_entry(const struct idmaps *maps, translate_fn *translate,
	const struct posix_acl_xattr_entry *entry)
{
	uint32_t id = le32toh(entry->e_id);

	switch (le16toh(entry->e_tag)) {
	case ACL_USER:
		return translate(maps->uids, id);
	case ACL_GROUP:
		return translate(maps->gids, id);
	default:
		return id;
	}
}

static ssize_t show_acl(const struct idmaps *maps, void *value, size_t size)
{
	struct acl acl;
	size_t kept = 0;

	if (!parse_acl(value, size, &acl))
		return (ssize_t)size;
	for (size_t i = 0; i < acl.n; i++) {
		int64_t id = translate_entry(maps, idmap_shown, &acl.entries[i]);
		if (id < 0 && maps->drop_strangers)
			continue;
		acl.entries[kept] = acl.entries[i];
		acl.entries[kept++].e_id = htole32(id < 0 ? NOBODY_AT_ALL : (uint32_t)id);
	}
	return (ssize_t)(size - (acl.n - kept) * sizeof(*acl.entries));
}

static ssize_t acl_to_disk(const struct idmaps *maps, void *value, size_t size)
{
	struct acl acl;

	if (!parse_acl(value, size, &acl))
		return (ssize_t)size;
	for (size_t i = 0; i < acl.n; i++) {
		int64_t id = translate_entry(maps, idmap_to_disk, &acl.entries[i]);
		if (id < 0)
			return -EINVAL;
		acl.entries[i].e_id = htole32((uint32_t)id);
	}
	return (ssize_t)size;
}

/* Reads the root id of a capability. Returns false if VALUE has neither of the two forms. A
 * capability without a root id belongs to the root of the filesystem's user namespace. */
static bool root_of(const void *value, size_t size, uint32_t *ret)
{
	struct vfs_ns_cap_data data = { 0 };

	if (size != XATTR_CAPS_SZ_2 && size != XATTR_CAPS_SZ_3)
		return false;
	memcpy(&data, value, size);
	*ret = le32toh(data.rootid);
	return (le32toh(data.magic_etc) & VFS_CAP_REVISION_MASK) ==
	       (size == XATTR_CAPS_SZ_2 ? VFS_CAP_REVISION_2 : VFS_CAP_REVISION_3);
}

static ssize_t translate_capability(
	const struct idmaps *maps, translate_fn *translate, void *value, size_t size)
{
	struct vfs_ns_cap_data data = { 0 };
	uint32_t root;

	if (!root_of(value, size, &root))
		return (ssize_t)size;
	int64_t id = translate(maps->uids, root);
	if (id < 0)
		return id;
	memcpy(&data, value, size);
	uint32_t flags = le32toh(data.magic_etc) & VFS_CAP_FLAGS_MASK;
	data.magic_etc = htole32(flags | (id ? VFS_CAP_REVISION_3 : VFS_CAP_REVISION_2));
	data.rootid = htole32((uint32_t)id);
	size = id ? XATTR_CAPS_SZ_3 : XATTR_CAPS_SZ_2;
	memcpy(value, &data, size);
	return (ssize_t)size;
}

ssize_t xattr_ids_show(const struct idmaps *maps, const char *name, void *value, size_t size)
{
	return is_acl(name) ? show_acl(maps, value, size)
			    : translate_capability(maps, idmap_shown, value, size);
}

ssize_t xattr_ids_to_disk(const struct idmaps *maps, const char *name, void *value, size_t size)
{
	if (is_acl(name))
		return acl_to_disk(maps, value, size);
	ssize_t n = translate_capability(maps, idmap_to_disk, value, size);
	return n == -EOVERFLOW ? -EINVAL : n;
}

/* Returns -EINVAL (for an ACL) or -EOVERFLOW if no range covers an id in VALUE. */
static int check_value(const struct idmaps *maps, const char *name, void *value, size_t size)
{
	struct acl acl;
	uint32_t root;

	if (!is_acl(name))
		return root_of(value, size, &root) && idmap_shown(maps->uids, root) < 0 ? -EOVERFLOW
											: 0;
	if (!parse_acl(value, size, &acl))
		return 0;
	for (size_t i = 0; i < acl.n; i++)
		if (translate_entry(maps, idmap_shown, &acl.entries[i]) < 0)
			return -EINVAL;
	return 0;
}

int xattr_ids_check(const struct idmaps *maps, const char *name, int fd)
{
	auto_free char *value = NULL;
	ssize_t n = idmaps_has(maps, name) ? opath_xattr_get_all(fd, name, &value) : 0;

	return n > 0 ? check_value(maps, name, value, (size_t)n) : 0;
}
