/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/metacopy.h"

#include "common/base/scope.h"
#include "common/overlay/opath_xattr.h"

/* The xattr is empty, or has this header and a digest of the data (kernel: struct ovl_metacopy).
 * Without fs-verity the kernel checks only the size of the xattr. */
#define HEADER_SIZE 4

int metacopy_parse(ssize_t n, enum xattr_class class)
{
	/* If a file may not be read, its user. xattrs cannot be read either: treat it as a file
	 * without them. */
	if (n == -ENODATA || n == -EOPNOTSUPP || (n == -EACCES && class == XATTR_USER))
		return 0;
	if (n < 0)
		return (int)n;
	return n == 0 || n >= HEADER_SIZE ? 1 : -EIO;
}

int metacopy_set(int fd, enum xattr_class class)
{
	return opath_xattr_set(fd, overlay_xattr(class, "metacopy"), "", 0, 0);
}

int metacopy_remove(int fd, enum xattr_class class)
{
	return opath_xattr_remove(fd, overlay_xattr(class, "metacopy"));
}
