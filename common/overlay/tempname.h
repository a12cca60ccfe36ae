/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#define SHALE_TEMP_NAME_MAX 24

/* A name for something new in a work directory ("#1f"), unique within this process. */
void shale_temp_name(char ret[SHALE_TEMP_NAME_MAX]);
