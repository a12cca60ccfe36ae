/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/diff/diff_xattrs.h"

#include "common/archive/acl.h"
#include "common/base/scope.h"
#include "common/base/error.h"
#include "common/base/starts_with.h"
#include "common/overlay/opath_xattr.h"
#include "common/overlay/xattr_ids.h"
#include "common/overlay/override.h"

#include <string.h>
#include <sys/xattr.h>

#define CAPABILITY "security.capability"

/* Converts the on-disk NAME of an xattr to the image's name. Returns false if the image does not
 * have the xattr. */
static bool name_in_image(
	const struct diff_spec *spec, const char *name, char ret[OVERLAY_XATTR_NAME_MAX + 1])
{
	if (xattr_is_own(spec->class, name))
		return false;
	if (spec->ownership == OWNERSHIP_OVERRIDE) {
		name = override_shown(name);
		if (!name)
			return false;
	}
	if (xattr_is_host_label(name) && !spec->keep_labels)
		return false;
	if (starts_with(name, "system.") && strcmp(name, ACL_ACCESS) != 0 &&
		strcmp(name, ACL_DEFAULT) != 0)
		return false;
	snprintf(ret, OVERLAY_XATTR_NAME_MAX + 1, "%s", name);
	xattr_unescape(spec->class, ret);
	return true;
}

struct xattr {
	const char *disk;
	char name[OVERLAY_XATTR_NAME_MAX + 1];
};

/* Orders by name. If two xattrs have one name in the image, the one with the overlay's prefix on
 * the disk comes first, since a mount shows that one. */
static int by_name(const void *left, const void *right)
{
	const struct xattr *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order ? order : strcmp(b->disk, a->disk);
}

/* In a record the first "=" ends the key. So a "=" in an xattr's name is written as %3D, as GNU tar
 * does. */
static int record_xattr(
	struct pax_records *records, const char *name, const void *value, size_t size)
{
	char key[sizeof("SCHILY.xattr.") + 3 * OVERLAY_XATTR_NAME_MAX];
	char *at = key + sprintf(key, "SCHILY.xattr.");

	for (; *name; name++) {
		if (*name == '=' || *name == '%')
			at += sprintf(at, "%%%02X", (unsigned char)*name);
		else
			*at++ = *name;
	}
	*at = 0;
	return pax_record(records, key, value, size);
}

static int record_acl(struct pax_records *records, const char *name, const char *value, size_t size)
{
	auto_free char *text = NULL;
	bool access = !strcmp(name, ACL_ACCESS);

	if (!access && strcmp(name, ACL_DEFAULT) != 0)
		return 0;
	int r = acl_to_text(value, size, &text);
	if (r < 0)
		return r;
	return pax_record(
		records, access ? "SCHILY.acl.access" : "SCHILY.acl.default", text, strlen(text));
}

/* If owners are kept in xattrs, drops the root id of a capability: it is an id of this host's user,
 * which the image does not know. */
static ssize_t without_root(const struct diff_spec *spec, void *value, size_t size)
{
	static const struct idmap all_root = { .squash = 0 };
	static const struct idmaps maps = { .uids = &all_root };

	return spec->ownership == OWNERSHIP_OVERRIDE
		       ? xattr_ids_show(&maps, CAPABILITY, value, size)
		       : (ssize_t)size;
}

static int add_xattr(const struct diff_spec *spec, int fd, const struct xattr *xattr,
	struct pax_records *records)
{
	auto_free char *value = NULL;
	ssize_t size = opath_xattr_get_all(fd, xattr->disk, &value);

	if (size == -ENODATA)
		return 0;
	if (size > 0 && !strcmp(xattr->disk, CAPABILITY))
		size = without_root(spec, value, (size_t)size);
	if (size < 0)
		return (int)size;
	int r = record_acl(records, xattr->name, value, (size_t)size);
	return r < 0 ? r : record_xattr(records, xattr->name, value, (size_t)size);
}

static size_t count_names(const char *names, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i++)
		n += names[i] == 0;
	return n;
}

static void look_for_own(const struct diff_spec *spec, const char *name, struct diff_xattrs *ret)
{
	if (!strcmp(name, overlay_xattr(spec->class, "metacopy")))
		ret->metacopy = true;
	if (!strcmp(name, overlay_xattr(spec->class, "redirect")))
		ret->redirect = true;
}

int diff_xattrs(const struct diff_spec *spec, int fd, struct pax_records *records,
	struct diff_xattrs *ret, struct shale_error *err)
{
	auto_free char *names = NULL;
	size_t n = 0;

	*ret = (struct diff_xattrs){ 0 };
	/* Most files have no xattrs, and flistxattr on an open file is cheap. */
	if (flistxattr(fd, NULL, 0) == 0)
		return 0;
	ssize_t size = opath_xattr_list_all(fd, &names);
	if (size == -EOPNOTSUPP || size == 0)
		return 0;
	if (size < 0)
		return error_fail(err, (int)size, "list its xattrs");
	auto_free struct xattr *xattrs = calloc(count_names(names, (size_t)size), sizeof(*xattrs));
	if (!xattrs)
		return error_fail(err, -ENOMEM, "list its xattrs");
	for (const char *name = names; name < names + size; name += strlen(name) + 1) {
		look_for_own(spec, name, ret);
		xattrs[n].disk = name;
		n += name_in_image(spec, name, xattrs[n].name);
	}
	qsort(xattrs, n, sizeof(*xattrs), by_name);
	for (size_t i = 0; i < n; i++) {
		bool again = i > 0 && !strcmp(xattrs[i].name, xattrs[i - 1].name);
		int r = again ? 0 : add_xattr(spec, fd, &xattrs[i], records);
		if (r < 0)
			return error_fail(err, r, "read its xattr '%s'", xattrs[i].disk);
	}
	return 0;
}

ssize_t diff_capability(const struct diff_spec *spec, int fd, void *value, size_t size)
{
	ssize_t n = -ENODATA;

	if (spec->ownership == OWNERSHIP_OVERRIDE)
		n = opath_xattr_get(fd, OVERRIDE_XATTR_PREFIX CAPABILITY, value, size);
	if (n != -ENODATA)
		return n == -EOPNOTSUPP ? 0 : n;
	n = opath_xattr_get(fd, CAPABILITY, value, size);
	if (n > 0)
		n = without_root(spec, value, (size_t)n);
	return n == -ENODATA || n == -EOPNOTSUPP ? 0 : n;
}
