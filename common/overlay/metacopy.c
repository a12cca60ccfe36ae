/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/metacopy.h"

#include "common/cleanup.h"
#include "common/overlay/fdxattr.h"

/* The mark is empty, or this header and a digest of the data (kernel: struct ovl_metacopy). Without
 * fs-verity, the kernel looks at no more than the size. */
#define HEADER_SIZE 4

int shale_metacopy_get_at(int dirfd, const char *name, enum shale_xattr_class class)
{
	ssize_t n = shale_getxattr_at(dirfd, name, shale_overlay_xattr(class, "metacopy"), NULL, 0);

	/* A user. attribute of a file that may not be read is not to be had: as if there were none.
	 */
	if (n == -ENODATA || n == -EOPNOTSUPP || (n == -EACCES && class == SHALE_XATTR_USER))
		return 0;
	if (n < 0)
		return (int)n;
	return n == 0 || n >= HEADER_SIZE ? 1 : -EIO;
}

int shale_metacopy_set(int fd, enum shale_xattr_class class)
{
	return shale_fsetxattr(fd, shale_overlay_xattr(class, "metacopy"), "", 0, 0);
}

int shale_metacopy_remove(int fd, enum shale_xattr_class class)
{
	return shale_fremovexattr(fd, shale_overlay_xattr(class, "metacopy"));
}
