/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names in a layer's directory that a snapshot uses: see switch_finish.h. */
#pragma once

#define SWITCH_NEW       "work/new"
#define SWITCH_PLACE     "work/snapshot"
#define SWITCH_INTENT    SWITCH_PLACE "/intent"
#define SWITCH_COMMITTED SWITCH_PLACE "/committed"
#define SWITCH_UPPER     SWITCH_PLACE "/upper"
#define SWITCH_WORK      SWITCH_PLACE "/work"
#define SWITCH_NEXT      "work.next"
