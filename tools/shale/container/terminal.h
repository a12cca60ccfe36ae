/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The user's terminal, connected with one that belongs to the container: what runs there can then
 * put nothing into the user's. */
#pragma once

#include "common/shale.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

struct terminal {
	int master; /* of the container's terminal; -1: there is none */
	bool raw;   /* the user's is, and BEFORE is to be set again */
	struct termios before;
	char input[1024]; /* on its way to the container */
	size_t n_input;
};

/* In the container, whose /dev/pts is there: a new terminal's master. */
int terminal_new(struct shale_error *err);
/* In a process with a session of its own: makes the terminal of MASTER its own, belonging to OWNER,
 * and those of its standard descriptors that lead to a terminal lead to that. */
int terminal_attach(int master, uid_t owner, struct shale_error *err);

/* Takes MASTER over. */
void terminal_begin(struct terminal *terminal, int master);
/* After a change of the user's window. */
void terminal_resize(const struct terminal *terminal);
/* Copies what is there, each way, as READY (of poll) says. */
void terminal_copy_in(struct terminal *terminal, short ready);
void terminal_copy_out(struct terminal *terminal, short ready);
void terminal_end(struct terminal *terminal);
