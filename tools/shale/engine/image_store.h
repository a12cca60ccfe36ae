/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes an additional image store for podman: a directory in the layout of containers/storage,
 * whose layers are symbolic links to those of the store. */
#pragma once

#include <stddef.h>

#include "tools/shale/cli.h"

/* Writes all of DIR, an absolute path, with every image of CLI's store. Holds the images' layers
 * until DIR is written without them. *RET_IMAGES is the number of images. Returns 0 or a negative
 * errno with words in CLI->err. */
int image_store_write(struct cli *cli, const char *dir, size_t *ret_images);
