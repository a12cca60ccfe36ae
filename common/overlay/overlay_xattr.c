/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/overlay_xattr.h"

#include "common/base/scope.h"
#include "common/base/starts_with.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#define TRUSTED "trusted.overlay."
#define USER    "user.overlay."
#define AGAIN   "overlay."

/* XATTR_TRUSTED or XATTR_USER; a negative errno until a trial has succeeded. */
static atomic_int class_of_process = -EAGAIN;

/*
 * Tries whether this process may set trusted. xattrs, which needs CAP_SYS_ADMIN in the initial user
 * namespace. The kernel checks that first (EPERM), and only then whether the file can have xattrs.
 * So the trial uses a pipe, which needs no writable directory.
 */
static int find_class(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	int r = sys(fsetxattr(ends[0], "trusted.overlay.probe", "y", 1, 0));
	close(ends[0]);
	close(ends[1]);
	if (r == -EPERM)
		return XATTR_USER;
	return r == 0 || r == -EOPNOTSUPP ? XATTR_TRUSTED : r;
}

int xattr_class_find(void)
{
	int class = atomic_load(&class_of_process);

	if (class < 0) {
		class = find_class();
		atomic_store(&class_of_process, class);
	}
	return class;
}

enum xattr_class xattr_class_of_process(void)
{
	return xattr_class_find() == XATTR_TRUSTED ? XATTR_TRUSTED : XATTR_USER;
}

static const char *prefix_of(enum xattr_class class)
{
	return class == XATTR_TRUSTED ? TRUSTED : USER;
}

const char *overlay_xattr(enum xattr_class class, const char *name)
{
	static const char *const names[] = { TRUSTED "opaque", USER "opaque", TRUSTED "whiteout",
		USER "whiteout", TRUSTED "redirect", USER "redirect", TRUSTED "metacopy",
		USER "metacopy", TRUSTED "origin", USER "origin", TRUSTED "impure", USER "impure",
		TRUSTED "nlink", USER "nlink", TRUSTED "upper", USER "upper", TRUSTED "uuid",
		USER "uuid", TRUSTED "protattr", USER "protattr" };
	size_t skip = strlen(prefix_of(class));

	for (size_t i = class == XATTR_USER; i < sizeof(names) / sizeof(*names); i += 2)
		if (!strcmp(names[i] + skip, name))
			return names[i];
	return NULL;
}

bool xattr_is_escaped(enum xattr_class class, const char *name)
{
	const char *prefix = prefix_of(class);

	return starts_with(name, prefix) && starts_with(name + strlen(prefix), AGAIN);
}

bool xattr_is_own(enum xattr_class class, const char *name)
{
	return starts_with(name, prefix_of(class)) && !xattr_is_escaped(class, name);
}

int xattr_escape(enum xattr_class class, const char *name, char ret[OVERLAY_XATTR_NAME_MAX + 1])
{
	const char *prefix = prefix_of(class);
	int n;

	if (starts_with(name, prefix))
		n = snprintf(ret, OVERLAY_XATTR_NAME_MAX + 1, "%s" AGAIN "%s", prefix,
			name + strlen(prefix));
	else
		n = snprintf(ret, OVERLAY_XATTR_NAME_MAX + 1, "%s", name);
	return n > OVERLAY_XATTR_NAME_MAX ? -ERANGE : 0;
}

void xattr_unescape(enum xattr_class class, char *name)
{
	if (!xattr_is_escaped(class, name))
		return;
	char *again = name + strlen(prefix_of(class));
	memmove(again, again + strlen(AGAIN), strlen(again + strlen(AGAIN)) + 1);
}

bool xattr_is_host_label(const char *name)
{
	static const char *const labels[] = { "security.selinux", "security.ima", "security.evm",
		"security.apparmor" };

	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		if (!strcmp(name, labels[i]))
			return true;
	return !strncmp(name, "security.SMACK64", strlen("security.SMACK64"));
}
