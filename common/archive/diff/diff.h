/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares a stack of layers with the stack below it: the difference as a tar stream, a list or
 * a size. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/base/progress.h"
#include "common/archive/stream/stream_restore.h"
#include "common/overlay/overlay_xattr.h"
#include "common/shale.h"

/* LAYERS are descriptors of the layers' roots, topmost first. The first N_ABOVE layers are
 * compared with the merged view of the others; if N_ABOVE == N_LAYERS there are no others, and
 * every file is new. The caller keeps all descriptors. */
struct diff_spec {
	const int *layers;
	size_t n_layers;
	size_t n_above;
	enum xattr_class class;
	enum ownership ownership;
	/* The layers above do not change, so their files are not checked a second time after
	 * reading. */
	bool frozen;
	bool keep_labels; /* write labels of the host (security.selinux and the like), too */
	/* The lowest N_AUFS layers may hold whiteouts in aufs's form, .wh.NAME. */
	size_t n_aufs;
	/* The stream that the topmost layer was unpacked from; NULL if it is not known. The diff
	 * of one layer with its parent is this tar again, byte for byte. */
	const struct stream_original *original;
	struct progress *progress; /* gets the number of tar bytes and each name; may be NULL */
};

/*
 * Work is proportional to what the layers above hold. All three refuse, with words and a remedy,
 * what cannot be read without a mount (directories renamed by a redirect).
 *
 * The tar holds what an OCI layer holds, and the same layer gives the same bytes, whatever the
 * backend, the host's locale and the versions of libraries:
 * - names are relative, and sorted bytewise within their directory;
 * - "./" is there if the root has another mode, owner or xattrs than the root below;
 * - of the times only the mtime, in nanoseconds in a PAX header; owners as numbers only;
 * - hard links lead to entries of the same stream;
 * - xattrs of security.*, user.* and trusted.*, but none of the overlay's own, none in which
 *   shale keeps an owner, and no labels of the host;
 * - ACLs as SCHILY.acl.* (for GNU tar and libarchive) and as xattrs (for engines);
 * - whiteouts and opaque marks are empty files, where the layers below show something to hide.
 *
 * Holes are written out as zeros, so that the bytes do not depend on a filesystem's, and since
 * podman unpacks a sparse entry but then cannot save or push the image: tar-split does not give the
 * same bytes back. Only a file with more than 256 MiB of holes becomes a sparse entry (GNU tar's
 * format 1.0), whose map has what is all zeros, not what is a hole. apply_tar makes holes
 * again.
 *
 * Sockets are left out, as tar has none. A file named ".wh.*" is refused: a reader would take it
 * for a whiteout.
 */
int diff_tar(const struct diff_spec *spec, int out, struct shale_error *err);
/* Lists the changes by path, with Docker's meaning (moby, pkg/archive): 'A' for added and 'D'
 * for deleted names; 'C' where mode, owner, device number or capabilities differ, for a file
 * that is no directory also where size or mtime differ, and for each directory but the root with
 * a change inside; the root if the tar has an entry for it. A directory that is gone is one 'D'.
 * A non-zero answer of FN ends the list and is returned. */
int diff_changes(
	const struct diff_spec *spec, shale_change_fn *fn, void *arg, struct shale_error *err);
/* Returns the sum of the sizes of the regular files that were added or differ, hard links once. */
int diff_size(const struct diff_spec *spec, uint64_t *ret_bytes, struct shale_error *err);
