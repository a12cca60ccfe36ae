/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What systemd wants to know of a service, as sd_notify(3) has it. */
#pragma once

/* Sends STATE ("READY=1", "STOPPING=1") where $NOTIFY_SOCKET says; without it does nothing. */
void notify(const char *state);
