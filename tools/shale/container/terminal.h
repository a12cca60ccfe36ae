/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connects the user's terminal with another one for the container, so that the command cannot put
 * input into the user's terminal. */
#pragma once

#include "common/shale.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

struct terminal {
	int master; /* master of the container's terminal; -1 without one */
	bool raw;   /* the user's terminal is raw; BEFORE has its old settings */
	struct termios before;
	char input[1024]; /* input that the container has not taken yet */
	size_t n_input;
};

/* Opens a new terminal in the container, whose /dev/pts exists. Returns the terminal's master. */
int terminal_new(struct shale_error *err);
/* Makes MASTER's terminal the controlling terminal of this process, which has a session of its own.
 * Gives the terminal to OWNER, and puts it in the place of those standard descriptors that are
 * terminals. */
int terminal_attach(int master, uid_t owner, struct shale_error *err);

/* Begins to pass bytes between the terminals. Takes MASTER over. */
void terminal_begin(struct terminal *terminal, int master);
/* Gives the container's terminal the size of the user's window. Call it when that size has
 * changed. */
void terminal_resize(const struct terminal *terminal);
/* Passes bytes in each direction, as READY (from poll) allows. */
void terminal_copy_in(struct terminal *terminal, short ready);
void terminal_copy_out(struct terminal *terminal, short ready);
void terminal_end(struct terminal *terminal);
