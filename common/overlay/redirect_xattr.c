/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/redirect_xattr.h"

#include "common/base/scope.h"
#include "common/overlay/opath_xattr.h"

#include <limits.h>
#include <linux/limits.h>
#include <string.h>

bool redirect_is_valid(const char *redirect)
{
	if (*redirect != '/')
		return *redirect && !strchr(redirect, '/');
	while (*redirect == '/') {
		size_t length = strcspn(++redirect, "/");
		if (length == 0)
			return false;
		redirect += length;
	}
	return true;
}

/* Takes the N bytes VALUE of the xattr. As in the kernel, a value ends at the first NUL. An empty
 * name is not an error here, because its lookup fails later. */
static int take(ssize_t n, char *value, char **ret)
{
	if (n == -ENODATA || n == -EOPNOTSUPP)
		return 0;
	if (n < 0)
		return (int)n;
	value[n] = 0;
	if (n == 0 || (*value && !redirect_is_valid(value)))
		return -EINVAL;
	*ret = strdup(value);
	return *ret ? 1 : -ENOMEM;
}

int redirect_get(int fd, enum xattr_class class, char **ret)
{
	auto_free char *value = NULL;
	ssize_t n = opath_xattr_get_all(fd, overlay_xattr(class, "redirect"), &value);

	return take(n, value, ret);
}

int redirect_get_at(int dirfd, const char *name, enum xattr_class class, char **ret)
{
	char value[PATH_MAX];
	const char *xattr = overlay_xattr(class, "redirect");
	ssize_t n = opath_xattr_get_at(dirfd, name, xattr, value, sizeof(value) - 1);

	if (n != -ERANGE)
		return take(n, value, ret);
	auto_free char *larger = malloc(XATTR_SIZE_MAX + 1);
	if (!larger)
		return -ENOMEM;
	return take(opath_xattr_get_at(dirfd, name, xattr, larger, XATTR_SIZE_MAX), larger, ret);
}

int redirect_set(int fd, enum xattr_class class, const char *redirect)
{
	return opath_xattr_set(fd, overlay_xattr(class, "redirect"), redirect, strlen(redirect), 0);
}
