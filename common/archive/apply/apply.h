/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacks a layer's tar stream into an empty directory that nobody else can reach. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/archive/apply/apply_spec.h"
#include "common/archive/digest.h"
#include "common/shale.h"

struct apply_result {
	uint64_t bytes; /* sum of the sizes of regular files, and of the lengths of symbolic links'
			   targets */
	uint64_t entries;
	uint64_t skipped_devices; /* devices left out because a user namespace may not make them */
	/* xattrs left out because this type of file cannot have them, or because this user may not
	 * set them */
	uint64_t skipped_xattrs;
	/* The stream is empty, or ends after an entry without tar's end mark. */
	bool lacks_end;
	char diff_id[DIGEST_SIZE]; /* digest of the uncompressed stream */
};

/*
 * Unpacks a stream, plain or compressed with gzip, zstd, bzip2 or xz; the first bytes tell which.
 * After an error, which names the entry, ROOT holds an incomplete tree that the caller removes.
 * Reads to the end of the stream, so that the caller's digest covers all of it. A stream that stops
 * inside an entry is damaged. If it stops between entries, only a digest can tell whether it was
 * cut: see lacks_end.
 *
 * The meaning is that of an OCI layer (image-spec, layer.md):
 *  - .wh.NAME hides NAME of the layers below; .wh..wh..opq hides all lower names in its directory.
 *    Neither touches names of the same stream, in any order. Other .wh..wh.* names are skipped,
 *    except for hard links to files in .wh..wh.plnk/. Names below .wh.NAME/ are skipped, too.
 *  - headers are read as Go's archive/tar reads them (tar_headers.h, entry_fields.h).
 *  - a hard link gives its file the metadata of its entry.
 *  - of several entries with one name the last wins; a directory keeps its contents.
 *  - holes stay holes, and long runs of zeros become holes.
 *  - a parent directory without an entry gets the owner, mode, times and xattrs that it has in
 *    BELOW; if BELOW does not have it: 0755, owned by 0:0, dated 1970.
 *  - absolute names start at ROOT; a name that ".." leads above ROOT is refused. Symbolic links on
 *    the way to a name are followed inside ROOT. A whiteout or an opaque mark behind a symbolic
 *    link, or behind another file, is ignored.
 *  - xattrs with the overlay's own names of CLASS are the image's: they are stored escaped, so
 *    that a mount shows them to its users, and never acts on them.
 *  - .wh..wh..opq of the root becomes a whiteout of each name that BELOW shows there.
 *  - a whiteout in a directory that BELOW does not have hides nothing, and is left out.
 *  - a character device 0/0 is a whiteout, too, as it is for overlayfs, and so is a hard link to
 *    one. Like any file it replaces an earlier entry of its name, and a later one replaces it; a
 *    later directory is merged with the directories below.
 *  - in a user namespace device nodes cannot be made: they and hard links to them are skipped.
 *  - xattrs come from the records "SCHILY.xattr." alone (entry_xattrs.h). Some xattrs are skipped:
 *    those that the kernel refuses to links, devices, fifos and sockets; those of other systems
 *    (com.apple.*); in a user namespace those that only root of the host may set.
 *
 * With OWNERSHIP_OVERRIDE override_set keeps owner, mode and device number (except of symbolic
 * links, which have no xattrs); devices and fifos become empty files; security.* xattrs and ACLs
 * are kept under OVERRIDE_XATTR_PREFIX.
 */
int apply_tar(const struct apply_spec *spec, struct apply_result *ret, struct shale_error *err);
