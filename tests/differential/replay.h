/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sub-commands that the printed scripts call for work that no shell tool can do. */
#pragma once

/* Runs a sub-command: op [--kernel|--fuse] [--watch] DIR <operations; tree [--upper] DIR; file PATH
 * SEED HOLE SIZE. Returns its exit status, or -1 if ARGV[1] is no sub-command. */
int replay(int argc, char **argv);
