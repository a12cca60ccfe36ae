/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Image names, and the names of the files that keep them. */
#pragma once

#include <stdbool.h>

#include "common/shale.h"

#define IMAGE_NAME_MAX 512

/* -EINVAL: the name is empty, or has control characters; -ENAMETOOLONG: it is longer than
 * IMAGE_NAME_MAX. */
int image_name_check(const char *name, struct shale_error *err);

/* NAME.json, with %XX (two upper-case digits) for each byte outside [A-Za-z0-9_.-] and for a dot at
 * the start, so that each name has one file and each file one name. If that is too long for a file:
 * its beginning, "%~", and the name's sha256. The caller's; NULL: no memory. */
char *image_name_encode(const char *name);
/* Whether FILE has the form for a long name, which only the record in it tells. */
bool image_name_is_long(const char *file);
/* The reverse; NULL with errno EINVAL for a file name that encode never makes or that is long, or
 * ENOMEM. */
char *image_name_decode(const char *file);
