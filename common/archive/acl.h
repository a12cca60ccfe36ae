/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* POSIX ACLs: the kernel's xattr, the text of tar headers, and libarchive's entries. */
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <sys/types.h>

#include "common/overlay/overlay_xattr.h"

/* Reads the ACL that ENTRY carries as an xattr value; TYPE is ARCHIVE_ENTRY_ACL_TYPE_ACCESS or
 * _DEFAULT. Leaves out users and groups without a number. Returns the value's length, 0 if there
 * is no ACL, or a negative errno. The caller frees *RET. */
ssize_t acl_of_entry(struct archive_entry *entry, int type, char **ret);

/* Converts an xattr value to text, as GNU tar and star write it in SCHILY.acl.access:
 * "user::rw-,user:1000:r--,group::r--,mask::r--,other::---". The caller frees *RET. Returns
 * -EINVAL if VALUE is no ACL. */
int acl_to_text(const char *value, size_t size, char **ret);

/* Returns the permission bits that the ACL gives the file, or -EINVAL if VALUE is no ACL. */
int acl_mode(const char *value, size_t size);
