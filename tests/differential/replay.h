/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sub-commands that printed scripts use where the shell has no tool. */
#pragma once

/* Runs a sub-command: op [--kernel|--fuse] [--watch] DIR <operations; tree [--upper] DIR; file PATH
 * SEED HOLE SIZE. Returns its exit status, or -1 if ARGV[1] is no sub-command. */
int replay(int argc, char **argv);
