/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sub-commands for the printed scripts, where the shell has no tool. */
#pragma once

/* op [--kernel|--fuse] [--watch] DIR <operations; tree [--upper] DIR; file PATH SEED HOLE SIZE. -1
 * if ARGV[1] is none of them, else an exit status. */
int replay(int argc, char **argv);
