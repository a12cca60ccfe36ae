/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/attr/xattrs.h"

#include "fuse/merge/attr/known_absent.h"
#include "fuse/merge/copyup/copyup_node.h"
#include "fuse/merge/attr/chattr.h"
#include "fuse/merge/descriptors/locate.h"

#include "common/base/scope.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/override.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/xattr.h>

static bool overrides(const struct fs *fs)
{
	return fs->options.ownership == OWNERSHIP_OVERRIDE;
}

/* Returns the name under which the mount shows the xattr DISK. Returns NULL if it is hidden: the
 * overlay's own marks, and the override xattrs. */
static const char *shown_name(const struct fs *fs, const char *disk)
{
	if (xattr_is_own(fs->options.class, disk))
		return NULL;
	return overrides(fs) ? override_shown(disk) : disk;
}

static int name_on_disk(const struct fs *fs, const char *name, char ret[OVERLAY_XATTR_NAME_MAX + 1])
{
	int r = 0;

	if (fs->options.no_xattrs)
		return -EOPNOTSUPP;
	if (overrides(fs) && override_is_reserved(name))
		return -EPERM;
	if (overrides(fs))
		r = override_name(name, ret);
	if (r == 0)
		r = xattr_escape(fs->options.class, name, ret);
	return r < 0 ? r : 0;
}

/* Returns the node flags of which any one proves that the xattr NAME is absent. NODE_NO_XATTRS (the
 * list of names was empty) proves it for these names only: some filesystems have values for other
 * names that they do not list. */
static uint16_t absent_flags(const char *name)
{
	if (!strcmp(name, CAPABILITY_XATTR))
		return NODE_NO_CAPABILITY | NODE_NO_XATTRS;
	if (!strcmp(name, ACL_ACCESS))
		return NODE_NO_ACL | NODE_NO_XATTRS;
	if (!strcmp(name, ACL_DEFAULT))
		return NODE_NO_DEFAULT_ACL | NODE_NO_XATTRS;
	if (!strcmp(name, "security.selinux"))
		return NODE_NO_SELINUX | NODE_NO_XATTRS;
	return strncmp(name, "user.", 5) ? 0 : NODE_NO_XATTRS;
}

static bool is_trusted(const char *name)
{
	return !strncmp(name, "trusted.", 8);
}

/* Whether to list the names trusted.*. Like other filesystems, lists them only for a caller that
 * could read their values. */
static bool sees_trusted(
	const struct fs *fs, const struct caller *caller, const char *names, size_t size)
{
	for (const char *name = names; name < names + size; name += strlen(name) + 1)
		if (is_trusted(name) && !xattr_is_own(fs->options.class, name))
			return caller->rights &&
			       caller->rights->capable(caller->arg, CAP_SYS_ADMIN, NULL);
	return false;
}

/* Removes the names that the mount does not show from NAMES; returns the new size. */
static size_t filter_names(const struct fs *fs, char *names, size_t size, bool trusted)
{
	char *to = names;

	for (char *name = names, *next; name < names + size; name = next) {
		next = name + strlen(name) + 1;
		const char *shown = shown_name(fs, name);
		if (!shown || (!trusted && is_trusted(name)))
			continue;
		xattr_unescape(fs->options.class, name);
		size_t length = strlen(shown) + 1;
		memmove(to, shown, length);
		to += length;
	}
	return (size_t)(to - names);
}

/* Whether the file has no xattr at all. A program that asks for one absent name mostly asks for
 * others next, and a list answers all of them with one call. */
static bool has_no_xattrs(const struct fs *fs, int fd)
{
	char names[256];
	ssize_t n = opath_xattr_list(fd, names, sizeof(names));

	return n >= 0 && filter_names(fs, names, (size_t)n, true) == 0;
}

ssize_t xattrs_get_raw(struct fs *fs, uint32_t node, const char *name, void *value, size_t size)
{
	auto_ref struct ref ref = REF_NONE;
	char disk_name[OVERLAY_XATTR_NAME_MAX + 1];
	uint16_t flags = absent_flags(name);
	uint32_t changes = 0;
	int r = name_on_disk(fs, name, disk_name);

	if (r < 0)
		return r == -EPERM ? -ENODATA : r;
	if (flags && known_absent_has(fs, node, flags, &changes))
		return -ENODATA;
	r = locate_node_open(fs, node, &ref);
	if (r < 0)
		return r;
	/* Before the first write to a file the kernel asks for its capabilities. Hardly any file
	 * has xattrs: so list them once. */
	bool none = flags & NODE_NO_CAPABILITY && has_no_xattrs(fs, ref.fd);
	ssize_t n = none ? -ENODATA
			 : with_loan(&fs->loans, ref.fd, S_IRUSR,
				   opath_xattr_get(ref.fd, disk_name, value, size));
	if (n == -ENODATA && !none && overrides(fs) && !strcmp(name, CAPABILITY_XATTR))
		n = opath_xattr_get(ref.fd, name, value, size);
	if (flags && n == -ENODATA) {
		if (!none && !has_no_xattrs(fs, ref.fd))
			flags &= (uint16_t)~NODE_NO_XATTRS;
		known_absent_note(fs, node, flags, changes);
	}
	return n;
}

/* Reads a value and translates the ids in it. The translation may change the length, so reads the
 * whole value even if the caller only asks for the length. */
static ssize_t get_translated(
	struct fs *fs, uint32_t node, const char *name, void *value, size_t size)
{
	ssize_t n;

	do {
		n = xattrs_get_raw(fs, node, name, NULL, 0);
		if (n <= 0)
			return n;
		auto_free char *all = malloc((size_t)n + IDVALUE_GROWTH);
		if (!all)
			return -ENOMEM;
		n = xattrs_get_raw(fs, node, name, all, (size_t)n);
		if (n == -ERANGE)
			continue;
		if (n > 0)
			n = xattr_ids_show(&fs->options.ids, name, all, (size_t)n);
		if (n < 0 || size == 0)
			return n;
		if ((size_t)n > size)
			return -ERANGE;
		memcpy(value, all, (size_t)n);
	} while (n == -ERANGE);
	return n;
}

ssize_t fs_getxattr(struct fs *fs, uint32_t node, const char *name, void *value, size_t size)
{
	if (idmaps_has(&fs->options.ids, name))
		return get_translated(fs, node, name, value, size);
	return xattrs_get_raw(fs, node, name, value, size);
}

ssize_t fs_listxattr(
	struct fs *fs, uint32_t node, const struct caller *caller, char *names, size_t size)
{
	auto_ref struct ref ref = REF_NONE;
	auto_free char *all = NULL;
	enum { LONG_ENOUGH = 256 }; /* room for the longest of the overlay's own xattrs */
	uint32_t changes;

	if (fs->options.no_xattrs)
		return -EOPNOTSUPP;
	if (size >= LONG_ENOUGH && known_absent_has(fs, node, NODE_NO_XATTRS, &changes))
		return 0;
	int fd = locate_node_open(fs, node, &ref);
	if (fd < 0)
		return fd;
	ssize_t n = opath_xattr_list_all(fd, &all);
	if (n < 0)
		return n;
	/* Like the kernel, demand room for all names, also for those that are not shown. */
	if (size == 0 || (size_t)n > size)
		return size ? -ERANGE : n;
	bool trusted = sees_trusted(fs, caller, all, (size_t)n);
	size_t shown = filter_names(fs, all, (size_t)n, trusted);
	memcpy(names, all, shown);
	return (ssize_t)shown;
}

struct new_value {
	const char *name, *disk_name;
	const void *value; /* NULL: remove the xattr */
	size_t size;
	int flags;
};

static int set_value(struct fs *fs, int fd, const struct new_value *new)
{
	const struct idmaps *ids = &fs->options.ids;

	if (!idmaps_has(ids, new->name))
		return opath_xattr_set(fd, new->disk_name, new->value, new->size, new->flags);
	auto_free char *value = malloc(new->size + IDVALUE_GROWTH);
	if (!value)
		return -ENOMEM;
	memcpy(value, new->value, new->size);
	ssize_t n = xattr_ids_to_disk(ids, new->name, value, new->size);
	return n < 0 ? (int)n : opath_xattr_set(fd, new->disk_name, value, (size_t)n, new->flags);
}

/* Sets or removes an xattr. The caller holds NODE's lock, because a write of data at the same time
 * sets the capabilities again. */
static int change_value(struct fs *fs, uint32_t node, int fd, const struct new_value *new)
{
	if (!new->value)
		return with_loan(&fs->loans, fd, S_IWUSR, opath_xattr_remove(fd, new->disk_name));
	known_absent_change(fs, node, 0);
	int r = with_loan(&fs->loans, fd, S_IWUSR, set_value(fs, fd, new));
	known_absent_change(fs, node, absent_flags(new->name) | NODE_NO_XATTRS);
	quota_book(fs->quota, fd);
	return r;
}

int fs_setxattr(
	struct fs *fs, uint32_t node, const char *name, const void *value, size_t size, int flags)
{
	auto_ref struct ref ref = REF_NONE;
	auto_hold struct hold hold = HOLD_NONE;
	char disk_name[OVERLAY_XATTR_NAME_MAX + 1];
	int r = name_on_disk(fs, name, disk_name);

	if (r == 0)
		r = chattr_check(fs, node, PROTECTED_FL);
	/* Look first: the removal of an absent xattr must not copy the file up. For an ACL in the
	 * upper layer no look is needed, because the removal of an absent one succeeds. */
	bool acl = !strncmp(name, "system.posix_acl_", 17);
	if (r == 0 && acl && value && fs->lacks & LACKS_ACL_MODE)
		r = -EOPNOTSUPP;
	if (r == 0 && !value && !(acl && locate_is_upper(fs, node)))
		r = (int)fs_getxattr(fs, node, name, NULL, 0);
	/* Do not call copyup_node for an upper node: if the file is in the index, that would also
	 * give it a link, and the kernel makes none for an xattr. */
	if (r >= 0)
		r = locate_is_upper(fs, node) ? 0 : copyup_node(fs, node);
	if (r == 0)
		r = locate_node_open(fs, node, &ref);
	if (r < 0)
		return r;
	if (value && (r = quota_hold(fs->quota, QUOTA_BLOCK + size, &hold)) < 0)
		return r;
	state_lock_nodes(fs, &node, 1);
	r = change_value(
		fs, node, ref.fd, &(struct new_value){ name, disk_name, value, size, flags });
	state_unlock_nodes(fs, &node, 1);
	return r;
}
