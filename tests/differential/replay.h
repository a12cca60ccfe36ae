/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sub-modes that the printed scripts call, for what the shell has no tool for. */
#pragma once

/* op [--kernel|--fuse] [--watch] DIR <operations; tree [--upper] DIR; file PATH SEED HOLE SIZE.
 * -1 if ARGV[1] is none of them, else an exit status. */
int replay(int argc, char **argv);
