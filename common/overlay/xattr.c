/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/overlay/xattr.h"

#include "common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#define TRUSTED "trusted.overlay."
#define USER    "user.overlay."
#define AGAIN   "overlay."

/* SHALE_XATTR_TRUSTED or _USER, or a negative errno as long as it could not be found out. */
static atomic_int class_of_process = -EAGAIN;

/* Only CAP_SYS_ADMIN in the initial user namespace may set trusted. names. The kernel asks for that
 * first (EPERM), and only then whether the file can keep any: so a pipe will do, which needs no
 * directory that can be written to. */
static int find_class(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	int r = sys(fsetxattr(ends[0], "trusted.overlay.probe", "y", 1, 0));
	close(ends[0]);
	close(ends[1]);
	if (r == -EPERM)
		return SHALE_XATTR_USER;
	return r == 0 || r == -EOPNOTSUPP ? SHALE_XATTR_TRUSTED : r;
}

int shale_xattr_class_find(void)
{
	int class = atomic_load(&class_of_process);

	if (class < 0) {
		class = find_class();
		atomic_store(&class_of_process, class);
	}
	return class;
}

enum shale_xattr_class shale_xattr_class_of_process(void)
{
	return shale_xattr_class_find() == SHALE_XATTR_TRUSTED ? SHALE_XATTR_TRUSTED
							       : SHALE_XATTR_USER;
}

static const char *prefix_of(enum shale_xattr_class class)
{
	return class == SHALE_XATTR_TRUSTED ? TRUSTED : USER;
}

const char *shale_overlay_xattr(enum shale_xattr_class class, const char *name)
{
	static const char *const names[] = { TRUSTED "opaque", USER "opaque", TRUSTED "whiteout",
		USER "whiteout", TRUSTED "redirect", USER "redirect", TRUSTED "metacopy",
		USER "metacopy", TRUSTED "origin", USER "origin", TRUSTED "impure", USER "impure",
		TRUSTED "nlink", USER "nlink", TRUSTED "upper", USER "upper", TRUSTED "uuid",
		USER "uuid", TRUSTED "protattr", USER "protattr" };
	size_t skip = strlen(prefix_of(class));

	for (size_t i = class == SHALE_XATTR_USER; i < sizeof(names) / sizeof(*names); i += 2)
		if (!strcmp(names[i] + skip, name))
			return names[i];
	return NULL;
}

static bool starts_with(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

bool shale_xattr_is_escaped(enum shale_xattr_class class, const char *name)
{
	const char *prefix = prefix_of(class);

	return starts_with(name, prefix) && starts_with(name + strlen(prefix), AGAIN);
}

bool shale_xattr_is_own(enum shale_xattr_class class, const char *name)
{
	return starts_with(name, prefix_of(class)) && !shale_xattr_is_escaped(class, name);
}

int shale_xattr_escape(
	enum shale_xattr_class class, const char *name, char ret[SHALE_XATTR_NAME_MAX + 1])
{
	const char *prefix = prefix_of(class);
	int n;

	if (starts_with(name, prefix))
		n = snprintf(ret, SHALE_XATTR_NAME_MAX + 1, "%s" AGAIN "%s", prefix,
			name + strlen(prefix));
	else
		n = snprintf(ret, SHALE_XATTR_NAME_MAX + 1, "%s", name);
	return n > SHALE_XATTR_NAME_MAX ? -ERANGE : 0;
}

void shale_xattr_unescape(enum shale_xattr_class class, char *name)
{
	if (!shale_xattr_is_escaped(class, name))
		return;
	char *again = name + strlen(prefix_of(class));
	memmove(again, again + strlen(AGAIN), strlen(again + strlen(AGAIN)) + 1);
}

bool shale_xattr_is_host_label(const char *name)
{
	static const char *const labels[] = { "security.selinux", "security.ima", "security.evm",
		"security.apparmor" };

	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		if (!strcmp(name, labels[i]))
			return true;
	return !strncmp(name, "security.SMACK64", strlen("security.SMACK64"));
}
