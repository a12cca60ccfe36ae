/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells systemd the state of a service, as sd_notify(3) does. */
#pragma once

/* Sends STATE ("READY=1", "STOPPING=1") to $NOTIFY_SOCKET. Does nothing without that variable. */
void notify(const char *state);
