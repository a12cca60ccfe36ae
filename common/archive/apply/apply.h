/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacks a layer's tar stream into an empty directory that nobody else can reach. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/archive/apply/apply_spec.h"
#include "common/archive/digest.h"
#include "common/shale.h"

struct apply_result {
	uint64_t
		bytes; /* sum of the sizes of regular files, and of the targets of symbolic links */
	uint64_t entries;
	uint64_t skipped_devices; /* entries left out because no user namespace may make them */
	/* Xattrs left out because such a file, or this user, cannot have them. */
	uint64_t skipped_xattrs;
	/* The stream ends behind an entry without an end mark, or is empty. */
	bool lacks_end;
	char diff_id[DIGEST_SIZE]; /* digest of the uncompressed stream */
};

/*
 * Plain, gzip, zstd, bzip2 or xz, told from the stream itself. An error names the entry; ROOT then
 * holds rubbish, for the caller to remove. Reads to the end of the stream, so that the caller's
 * digest of it is whole. A stream that stops inside an entry is damaged; one that stops behind an
 * entry may be one that was cut, which only a digest can tell: see lacks_end.
 *
 * The meaning is that of an OCI layer (image-spec, layer.md):
 *  - .wh.NAME hides NAME of the layers below, .wh..wh..opq all of its directory; neither touches
 *    what the same stream holds, whatever the order. Other .wh..wh.* names are skipped, but for
 *    hard links to files in .wh..wh.plnk/; so is what lies below .wh.NAME/.
 *  - headers are read as Go's archive/tar reads them (tar_headers.h, entry_fields.h).
 *  - a hard link gives its file the metadata of its entry.
 *  - of several entries with one name the last wins; a directory keeps its contents.
 *  - holes stay holes, and long runs of zeros become holes.
 *  - parents that the stream lacks are made as BELOW has them: owner, mode, times and xattrs; else
 *    0755, owned by 0:0, dated 1970.
 *  - absolute names start at ROOT; a name with ".." is refused. Symbolic links on the way to a name
 *    are followed inside ROOT; on the way to a whiteout or an opaque mark they, and other files,
 *    make it say nothing.
 *  - xattrs with the overlay's own names of CLASS are the image's: they are stored escaped, so
 *    that a mount shows them to its users, and never acts on them.
 *  - .wh..wh..opq of the root becomes a whiteout of each name that BELOW shows there.
 *  - a whiteout in a directory that BELOW does not have hides nothing, and is left out.
 *  - a character device 0/0 is a whiteout too, as it is for overlayfs, and so is a hard link to
 * one; like any file it replaces what the stream had under its name before, and is replaced by what
 * comes later: a directory in its place is merged with those below.
 *  - in a user namespace device nodes cannot be made: they are skipped, and hard links to them.
 *  - xattrs come from the records "SCHILY.xattr." alone (entry_xattrs.h). Those that the kernel
 *    refuses to links, devices, fifos and sockets are skipped, those of other systems
 *    (com.apple.*), and in a user namespace those that only root of the host may set.
 *
 * With OWNERSHIP_OVERRIDE owner, mode and device number are kept by override_set (not
 * of symbolic links, which have no xattrs); devices and fifos become empty files; security.* xattrs
 * and ACLs are kept under OVERRIDE_XATTR_PREFIX.
 */
int apply_tar(const struct apply_spec *spec, struct apply_result *ret, struct shale_error *err);
