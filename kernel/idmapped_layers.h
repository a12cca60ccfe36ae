/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An overlay mount whose layers are seen through id-mapped mounts. */
#pragma once

#include "common/backend.h"
#include "kernel/overlay_mount.h"

/*
 * As overlay_mount at SPEC->target, with the owners in all layers mapped as SPEC has it. The
 * upper directory is mapped too, so that what is written is kept with the ids of the layers below
 * it.
 *
 * Overlayfs takes layers by where they are mounted (until Linux 6.15 no detached mount will do), so
 * that they are mounted, each over itself, in a private mount namespace, which only the mount of
 * the overlay outlives. OVERLAY's names are relative to HOME.
 */
int overlay_mount_mapped(
	const struct overlay *overlay, const struct mount_spec *spec, struct shale_error *err);
