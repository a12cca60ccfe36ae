/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuse/merge/xattrs.h"

#include "fuse/merge/absent.h"
#include "fuse/merge/copyup.h"
#include "fuse/merge/fileattr.h"

#include "common/cleanup.h"
#include "common/overlay/fdxattr.h"
#include "common/overlay/override.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/xattr.h>

static bool overrides(const struct shale_fs *fs)
{
	return fs->options.ownership == SHALE_OWNERSHIP_OVERRIDE;
}

/* What users see of the name DISK, or NULL: they never see the layers' own marks, nor where their
 * owners are kept. */
static const char *shown_name(const struct shale_fs *fs, const char *disk)
{
	if (shale_xattr_is_own(fs->options.class, disk))
		return NULL;
	return overrides(fs) ? shale_override_shown(disk) : disk;
}

static int name_on_disk(
	const struct shale_fs *fs, const char *name, char ret[SHALE_XATTR_NAME_MAX + 1])
{
	int r = 0;

	if (fs->options.no_xattrs)
		return -EOPNOTSUPP;
	if (overrides(fs) && shale_override_is_reserved(name))
		return -EPERM;
	if (overrides(fs))
		r = shale_override_name(name, ret);
	if (r == 0)
		r = shale_xattr_escape(fs->options.class, name, ret);
	return r < 0 ? r : 0;
}

/* The flags of a node either of which says that it has no xattr NAME. Some filesystems give values
 * to names that they do not list: not among these. */
static uint16_t absent_flags(const char *name)
{
	if (!strcmp(name, SHALE_CAPABILITY))
		return SHALE_NODE_NO_CAPABILITY | SHALE_NODE_NO_XATTRS;
	if (!strcmp(name, SHALE_ACL_ACCESS))
		return SHALE_NODE_NO_ACL | SHALE_NODE_NO_XATTRS;
	if (!strcmp(name, SHALE_ACL_DEFAULT))
		return SHALE_NODE_NO_DEFAULT_ACL | SHALE_NODE_NO_XATTRS;
	if (!strcmp(name, "security.selinux"))
		return SHALE_NODE_NO_SELINUX | SHALE_NODE_NO_XATTRS;
	return strncmp(name, "user.", 5) ? 0 : SHALE_NODE_NO_XATTRS;
}

static bool is_trusted(const char *name)
{
	return !strncmp(name, "trusted.", 8);
}

/* As everywhere, trusted names are listed to those alone who could read them. */
static bool sees_trusted(const struct shale_caller *caller, const char *names, size_t size)
{
	for (const char *name = names; name < names + size; name += strlen(name) + 1)
		if (is_trusted(name) && !shale_xattr_is_own(SHALE_XATTR_TRUSTED, name))
			return caller->rights &&
			       caller->rights->capable(caller->arg, CAP_SYS_ADMIN, NULL);
	return false;
}

/* Keeps in NAMES what may be shown, under the names to show; returns the new size. */
static size_t filter_names(const struct shale_fs *fs, char *names, size_t size, bool trusted)
{
	char *to = names;

	for (char *name = names, *next; name < names + size; name = next) {
		next = name + strlen(name) + 1;
		const char *shown = shown_name(fs, name);
		if (!shown || (!trusted && is_trusted(name)))
			continue;
		shale_xattr_unescape(fs->options.class, name);
		size_t length = strlen(shown) + 1;
		memmove(to, shown, length);
		to += length;
	}
	return (size_t)(to - names);
}

/* Who asks for one name that is not there mostly asks for others next. */
static bool has_no_xattrs(const struct shale_fs *fs, int fd)
{
	char names[256];
	ssize_t n = shale_flistxattr(fd, names, sizeof(names));

	return n >= 0 && filter_names(fs, names, (size_t)n, true) == 0;
}

ssize_t shale_fs_getxattr_raw(
	struct shale_fs *fs, uint32_t node, const char *name, void *value, size_t size)
{
	auto_ref struct shale_ref ref = SHALE_REF_NONE;
	char disk_name[SHALE_XATTR_NAME_MAX + 1];
	uint16_t flags = absent_flags(name);
	uint32_t changes = 0;
	int r = name_on_disk(fs, name, disk_name);

	if (r < 0)
		return r == -EPERM ? -ENODATA : r;
	if (flags && shale_absent(fs, node, flags, &changes))
		return -ENODATA;
	r = shale_fs_node_open(fs, node, &ref);
	if (r < 0)
		return r;
	/* Asked for before a first write, and there are hardly ever any. */
	bool none = flags & SHALE_NODE_NO_CAPABILITY && has_no_xattrs(fs, ref.fd);
	ssize_t n = none ? -ENODATA : shale_fgetxattr(ref.fd, disk_name, value, size);
	if (n == -ENODATA && !none && overrides(fs) && !strcmp(name, SHALE_CAPABILITY))
		n = shale_fgetxattr(ref.fd, name, value, size);
	if (flags && n == -ENODATA) {
		if (!none && !has_no_xattrs(fs, ref.fd))
			flags &= (uint16_t)~SHALE_NODE_NO_XATTRS;
		shale_absent_note(fs, node, flags, changes);
	}
	return n;
}

/* How long a value is shows when its ids are translated. */
static ssize_t get_translated(
	struct shale_fs *fs, uint32_t node, const char *name, void *value, size_t size)
{
	ssize_t n;

	do {
		n = shale_fs_getxattr_raw(fs, node, name, NULL, 0);
		if (n <= 0)
			return n;
		auto_free char *all = malloc((size_t)n + SHALE_IDVALUE_GROWTH);
		if (!all)
			return -ENOMEM;
		n = shale_fs_getxattr_raw(fs, node, name, all, (size_t)n);
		if (n == -ERANGE)
			continue;
		if (n > 0)
			n = shale_idvalue_show(&fs->options.ids, name, all, (size_t)n);
		if (n < 0 || size == 0)
			return n;
		if ((size_t)n > size)
			return -ERANGE;
		memcpy(value, all, (size_t)n);
	} while (n == -ERANGE);
	return n;
}

ssize_t shale_fs_getxattr(
	struct shale_fs *fs, uint32_t node, const char *name, void *value, size_t size)
{
	if (shale_has_ids(&fs->options.ids, name))
		return get_translated(fs, node, name, value, size);
	return shale_fs_getxattr_raw(fs, node, name, value, size);
}

ssize_t shale_fs_listxattr(struct shale_fs *fs, uint32_t node, const struct shale_caller *caller,
	char *names, size_t size)
{
	auto_ref struct shale_ref ref = SHALE_REF_NONE;
	auto_free char *all = NULL;
	enum { LONG_ENOUGH = 256 }; /* for the layers' own marks */
	uint32_t changes;

	if (fs->options.no_xattrs)
		return -EOPNOTSUPP;
	if (size >= LONG_ENOUGH && shale_absent(fs, node, SHALE_NODE_NO_XATTRS, &changes))
		return 0;
	int fd = shale_fs_node_open(fs, node, &ref);
	if (fd < 0)
		return fd;
	ssize_t n = shale_flistxattr_all(fd, &all);
	if (n < 0)
		return n;
	/* As the kernel does it: there must be room for those that are not shown, too. */
	if (size == 0 || (size_t)n > size)
		return size ? -ERANGE : n;
	bool trusted = sees_trusted(caller, all, (size_t)n);
	size_t shown = filter_names(fs, all, (size_t)n, trusted);
	memcpy(names, all, shown);
	return (ssize_t)shown;
}

struct new_value {
	const char *name, *disk_name;
	const void *value; /* NULL: it is removed */
	size_t size;
	int flags;
};

static int set_value(struct shale_fs *fs, int fd, const struct new_value *new)
{
	const struct shale_idmaps *ids = &fs->options.ids;

	if (!shale_has_ids(ids, new->name))
		return shale_fsetxattr(fd, new->disk_name, new->value, new->size, new->flags);
	auto_free char *value = malloc(new->size + SHALE_IDVALUE_GROWTH);
	if (!value)
		return -ENOMEM;
	memcpy(value, new->value, new->size);
	ssize_t n = shale_idvalue_to_disk(ids, new->name, value, new->size);
	return n < 0 ? (int)n : shale_fsetxattr(fd, new->disk_name, value, (size_t)n, new->flags);
}

/* NODE's lock is held: a write gives capabilities back. */
static int change_value(struct shale_fs *fs, uint32_t node, int fd, const struct new_value *new)
{
	if (!new->value)
		return shale_fremovexattr(fd, new->disk_name);
	shale_absent_change(fs, node, 0);
	int r = set_value(fs, fd, new);
	shale_absent_change(fs, node, absent_flags(new->name) | SHALE_NODE_NO_XATTRS);
	shale_quota_book(fs->quota, fd);
	return r;
}

int shale_fs_setxattr(struct shale_fs *fs, uint32_t node, const char *name, const void *value,
	size_t size, int flags)
{
	auto_ref struct shale_ref ref = SHALE_REF_NONE;
	auto_hold struct shale_hold hold = SHALE_HOLD_NONE;
	char disk_name[SHALE_XATTR_NAME_MAX + 1];
	int r = name_on_disk(fs, name, disk_name);

	if (r == 0)
		r = shale_fs_unprotected(fs, node, SHALE_PROTECTED_FL);
	/* Removing what is not there copies nothing up. In the upper layer, an ACL can always be
	 * removed. */
	bool acl = !strncmp(name, "system.posix_acl_", 17);
	if (r == 0 && !value && !(acl && shale_fs_is_upper(fs, node)))
		r = (int)shale_fs_getxattr(fs, node, name, NULL, 0);
	/* In the upper layer it is set as it is: by the kernel, too, no name of an indexed file
	 * gets there by it. */
	if (r >= 0)
		r = shale_fs_is_upper(fs, node) ? 0 : shale_fs_copy_up(fs, node);
	if (r == 0)
		r = shale_fs_node_open(fs, node, &ref);
	if (r < 0)
		return r;
	if (value && (r = shale_quota_hold(fs->quota, SHALE_QUOTA_BLOCK + size, &hold)) < 0)
		return r;
	shale_fs_lock_nodes(fs, &node, 1);
	r = change_value(
		fs, node, ref.fd, &(struct new_value){ name, disk_name, value, size, flags });
	shale_fs_unlock_nodes(fs, &node, 1);
	return r;
}
