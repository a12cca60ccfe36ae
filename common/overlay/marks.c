/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/marks.h"

#include "common/base/scope.h"
#include "common/overlay/engine_marks.h"
#include "common/overlay/opath_xattr.h"

#include <string.h>

static int mark_of(enum xattr_class class, const char *xattr)
{
	static const struct {
		const char *name;
		int mark;
	} marks[] = { { "opaque", MARK_OPAQUE }, { "impure", MARK_IMPURE },
		{ "origin", MARK_ORIGIN }, { "redirect", MARK_REDIRECT },
		{ "metacopy", MARK_METACOPY }, { "nlink", MARK_NLINK },
		{ "whiteout", MARK_WHITEOUT } };

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (!strcmp(overlay_xattr(class, marks[i].name), xattr))
			return marks[i].mark;
	return strcmp(xattr, ENGINE_OPAQUE_XATTR) ? 0 : MARK_ENGINE_OPAQUE;
}

static int marks_of(ssize_t n, const char *names, enum xattr_class class)
{
	int marks = 0;

	if (n == 0)
		return MARK_BARE;
	if (n == -EOPNOTSUPP)
		return 0;
	if (n < 0)
		return n == -ERANGE || n == -E2BIG ? MARK_ALL : (int)n;
	for (const char *name = names; name < names + n; name += strlen(name) + 1)
		marks |= mark_of(class, name);
	return marks;
}

int marks_get_at(int dirfd, const char *name, enum xattr_class class)
{
	char names[4096];

	return marks_of(opath_xattr_list_at(dirfd, name, names, sizeof(names)), names, class);
}

int marks_get(int fd, enum xattr_class class)
{
	char names[4096];

	return marks_of(opath_xattr_list(fd, names, sizeof(names)), names, class);
}
