/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale/container/channel.h"

#include "common/base/scope.h"

#include <string.h>
#include <sys/socket.h>

int channel_open(int ret[2])
{
	return sys(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret));
}

bool channel_is_closed(int channel)
{
	char byte;

	return recv(channel, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int channel_send_fd(int channel, int fd)
{
	union control control = { 0 };
	char byte = 'm';
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	ssize_t n = sys(sendmsg(channel, &message, MSG_NOSIGNAL));
	return n < 0 ? (int)n : 0;
}

int channel_receive_fd(int channel)
{
	union control control = { 0 };
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t n;
	int fd;

	do
		n = sys(recvmsg(channel, &message, MSG_CMSG_CLOEXEC));
	while (n == -EINTR);
	struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return n < 0 ? (int)n : -EPIPE;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}
