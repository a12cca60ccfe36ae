/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#define TEMP_NAME_MAX 24

/* Makes a name for a new file in a work directory ("#1f"), unique within this process. */
void tempname_make(char ret[TEMP_NAME_MAX]);
