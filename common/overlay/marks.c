/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/marks.h"

#include "common/cleanup.h"
#include "common/overlay/fdxattr.h"

#include <string.h>

static int mark_of(enum shale_xattr_class class, const char *xattr)
{
	static const struct {
		const char *name;
		int mark;
	} marks[] = { { "opaque", SHALE_MARK_OPAQUE }, { "impure", SHALE_MARK_IMPURE },
		{ "origin", SHALE_MARK_ORIGIN }, { "redirect", SHALE_MARK_REDIRECT },
		{ "metacopy", SHALE_MARK_METACOPY }, { "nlink", SHALE_MARK_NLINK },
		{ "whiteout", SHALE_MARK_WHITEOUT } };

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (!strcmp(shale_overlay_xattr(class, marks[i].name), xattr))
			return marks[i].mark;
	return 0;
}

static int marks_of(ssize_t n, const char *names, enum shale_xattr_class class)
{
	int marks = 0;

	if (n == -EOPNOTSUPP)
		return 0;
	if (n < 0)
		return n == -ERANGE || n == -E2BIG ? SHALE_MARK_ALL : (int)n;
	for (const char *name = names; name < names + n; name += strlen(name) + 1)
		marks |= mark_of(class, name);
	return marks;
}

int shale_marks_get_at(int dirfd, const char *name, enum shale_xattr_class class)
{
	char names[4096];

	return marks_of(shale_listxattr_at(dirfd, name, names, sizeof(names)), names, class);
}

int shale_marks_get(int fd, enum shale_xattr_class class)
{
	char names[4096];

	return marks_of(shale_flistxattr(fd, names, sizeof(names)), names, class);
}
