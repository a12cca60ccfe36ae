/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's part of `shale report`. Each function returns a new JSON object of texts. */
#pragma once

#include <jansson.h>

/* Versions of shale, of the shale-fuse that it would start, and of the host's kernel and libc. */
json_t *report_versions(void);
/* The ids, capabilities, limits and security labels that this process has. */
json_t *report_caller(void);
