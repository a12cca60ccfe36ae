/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/engine/hello.h"

#include "common/base/scope.h"
#include "tools/connect.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { SECONDS = 5, FRAME_TYPE = 3, SETTINGS = 4, FRAME_HEAD = 9 };

/* Sends TEXT and reads the reply: ENOUGH bytes of it, or all if it is shorter. */
static int ask(const char *path, const char *text, size_t length, char *ret, size_t enough)
{
	auto_close int fd = connect_unix(path, SECONDS);
	size_t n = 0;
	ssize_t got = 1;

	*ret = '\0';
	if (fd < 0)
		return fd;
	if (send(fd, text, length, MSG_NOSIGNAL) != (ssize_t)length)
		return -errno;
	while (n < enough && got > 0) {
		got = recv(fd, ret + n, enough - n, 0);
		if (got < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		n += (size_t)got;
	}
	ret[n] = '\0';
	return (int)n;
}

int hello_http2(const char *path, char *ret, size_t size)
{
	/* An HTTP/2 client begins with this (RFC 9113, 3.4): the preface, and an empty frame of
	 * settings. */
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";

	return size <= FRAME_HEAD ? -EINVAL
				  : ask(path, preface, sizeof(preface) - 1, ret, FRAME_HEAD);
}

bool hello_is_settings(const char *reply, int n)
{
	return n >= FRAME_HEAD && reply[0] == 0 && reply[FRAME_TYPE] == SETTINGS;
}

int hello_plugin(const char *path, char *ret, size_t size)
{
	static const char request[] = "POST /Plugin.Activate HTTP/1.1\r\nHost: plugin\r\n"
				      "Content-Length: 0\r\nConnection: close\r\n\r\n";

	return ask(path, request, sizeof(request) - 1, ret, size - 1);
}
