/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/archive/apply/entry_link.h"

#include "common/base/scope.h"

#include <sys/stat.h>

/* libarchive leaves out the type of a hard link without a target. */
static bool lacks_target(struct archive_entry *entry)
{
	const char *hard = archive_entry_hardlink(entry), *soft = archive_entry_symlink(entry);

	if (hard || (soft && *soft))
		return false;
	return archive_entry_filetype(entry) == AE_IFLNK || archive_entry_filetype(entry) == 0;
}

int entry_link_read(
	struct headers *headers, uint64_t from, uint64_t to, struct archive_entry *entry)
{
	auto_free char *target = NULL;
	char type;

	if (!lacks_target(entry))
		return 0;
	int r = headers_link(headers, from, to, &type, &target);
	if (r < 0 || !target)
		return r;
	if (type == '1')
		archive_entry_set_hardlink(entry, target);
	if (type == '2')
		archive_entry_set_symlink(entry, target);
	return 0;
}
