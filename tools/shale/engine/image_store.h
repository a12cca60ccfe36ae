/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes an additional image store for podman: a directory in the layout of containers/storage. Its
 * layers are symbolic links to layers of the shale store. */
#pragma once

#include <stddef.h>

#include "tools/shale/cli.h"

/* Writes the directory DIR, an absolute path, with all images in CLI's store. The images' layers
 * are held, until DIR is written again without them. *RET_IMAGES is the number of images. Returns 0
 * or a negative errno with words in CLI->err. */
int image_store_write(struct cli *cli, const char *dir, size_t *ret_images);
