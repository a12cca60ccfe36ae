/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* POSIX ACLs: the kernel's xattr, the text of tar headers, and libarchive's entries. */
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <sys/types.h>

#include "common/overlay/overlay_xattr.h"

/* The xattr value of the ACL that ENTRY carries; TYPE is ARCHIVE_ENTRY_ACL_TYPE_ACCESS or _DEFAULT.
 * Returns its length; 0 without one; or a negative errno. Leaves out users and groups without a
 * number. The caller frees *RET. */
ssize_t acl_of_entry(struct archive_entry *entry, int type, char **ret);

/* The text of an xattr value, as GNU tar and star write it in SCHILY.acl.access:
 * "user::rw-,user:1000:r--,group::r--,mask::r--,other::---". The caller's to free; -EINVAL. */
int acl_to_text(const char *value, size_t size, char **ret);

/* The permission bits that the ACL gives the file; -EINVAL. */
int acl_mode(const char *value, size_t size);
