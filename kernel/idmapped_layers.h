/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts an overlay over id-mapped mounts of its layers. */
#pragma once

#include "common/backend.h"
#include "kernel/overlay_mount.h"

/*
 * Mounts like overlay_mount at SPEC->target, with the owners in all layers mapped as SPEC says. The
 * upper directory is mapped too, so that on the disk new files have the ids of the layers below.
 *
 * Overlayfs finds its layers by their mount points; until Linux 6.15 it takes no detached mount. So
 * each layer is mounted over itself in a private mount namespace, and only the overlay mount is
 * moved out of it. OVERLAY's names are relative to HOME.
 */
int idmapped_layers_mount(
	const struct overlay *overlay, const struct mount_spec *spec, struct shale_error *err);
