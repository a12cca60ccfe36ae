/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/wire/client.h"

#include "common/base/scope.h"
#include "tools/connect.h"
#include "tools/shale-snapshotter/wire/call.h"

#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <string.h>
#include <sys/socket.h>

/* Seconds to wait for a reply. Long, because a server may have to read a disk first. */
#define PATIENCE_S 300
#define WINDOW     (4 << 20)
/* The longest message to accept; containerd sends a megabyte at most. */
#define MESSAGE_MAX        (16 << 20)
#define GATHER             (64 << 10)
#define CLIENT_HEADERS_MAX 8

struct wire_client {
	int fd;
	nghttp2_session *session;
	int32_t stream;
	struct wire_bytes in; /* received bytes; the first TAKEN of them were read by the caller */
	size_t taken;
	struct wire_bytes out; /* bytes to send; the first SENT of them were sent */
	size_t sent;
	bool last;   /* OUT is the end of the request */
	bool closed; /* the server has ended the call */
	int status;  /* gRPC's status of the call; -1 before it comes */
	char words[512];
};

#define TEXT(name, value)                                                                          \
	{                                                                                          \
		(uint8_t *)(name), (uint8_t *)(value), strlen(name), strlen(value),                \
			NGHTTP2_NV_FLAG_NONE                                                       \
	}

/* ---- callbacks of nghttp2 ---- */

static ssize_t give_request(nghttp2_session *session, int32_t stream, uint8_t *buf, size_t length,
	uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct wire_client *client = arg;
	size_t rest = client->out.size - client->sent, n = rest < length ? rest : length;

	if (!n && !client->last)
		return NGHTTP2_ERR_DEFERRED;
	if (n)
		memcpy(buf, client->out.data + client->sent, n);
	client->sent += n;
	if (n == rest && client->last)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

static int hex_of(uint8_t c)
{
	const char *digit = c ? strchr("0123456789ABCDEFabcdef", c) : NULL;

	return !digit ? -1 : c >= 'a' ? c - 'a' + 10 : c >= 'A' ? c - 'A' + 10 : c - '0';
}

/* Keeps the server's error message; in the header a byte may be written as %XX. */
static void keep_words(struct wire_client *client, const uint8_t *value, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < size && n < sizeof(client->words) - 1; i++) {
		bool coded = value[i] == '%' && i + 2 < size && hex_of(value[i + 1]) >= 0 &&
			     hex_of(value[i + 2]) >= 0;

		client->words[n++] = coded ? (char)(hex_of(value[i + 1]) * 16 +
						     hex_of(value[i + 2]))
					   : (char)value[i];
		i += coded ? 2 : 0;
	}
	client->words[n] = 0;
}

static int take_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
	size_t name_size, const uint8_t *value, size_t size, uint8_t flags, void *arg)
{
	struct wire_client *client = arg;

	if (!strcmp((const char *)name, "grpc-status"))
		client->status = atoi((const char *)value);
	else if (!strcmp((const char *)name, "grpc-message"))
		keep_words(client, value, size);
	else if (!strcmp((const char *)name, ":status") && strcmp((const char *)value, "200") != 0)
		client->status = WIRE_UNAVAILABLE;
	return 0;
}

static int take_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
	size_t size, void *arg)
{
	struct wire_client *client = arg;

	return wire_bytes_add(&client->in, data, size) < 0 ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int close_stream(nghttp2_session *session, int32_t stream, uint32_t code, void *arg)
{
	struct wire_client *client = arg;

	client->closed = true;
	return 0;
}

/* ---- the connection ---- */

static int flush(struct wire_client *client)
{
	const uint8_t *data;
	ssize_t n;

	while ((n = nghttp2_session_mem_send(client->session, &data)) > 0)
		while (n > 0) {
			ssize_t sent = send(client->fd, data, (size_t)n, MSG_NOSIGNAL);

			if (sent < 0 && errno == EINTR)
				continue;
			if (sent < 0)
				return -errno;
			data += sent;
			n -= sent;
		}
	return n < 0 ? -EPROTO : 0;
}

static int receive(struct wire_client *client)
{
	uint8_t buf[GATHER];
	ssize_t n;

	do
		n = recv(client->fd, buf, sizeof(buf), 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -errno : -ECONNRESET;
	if (nghttp2_session_mem_recv(client->session, buf, (size_t)n) < 0)
		return -EPROTO;
	return flush(client);
}

static int connect_to(const char *address, int *ret)
{
	static const char scheme[] = "unix://";

	if (!strncmp(address, scheme, sizeof(scheme) - 1))
		address += sizeof(scheme) - 1;
	int fd = connect_unix(address, PATIENCE_S);
	if (fd >= 0)
		*ret = fd;
	return fd < 0 ? fd : 0;
}

static int start_session(struct wire_client *client)
{
	static const nghttp2_settings_entry settings[] = { { NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW } };
	nghttp2_session_callbacks *callbacks;

	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		return -ENOMEM;
	nghttp2_session_callbacks_set_on_header_callback(callbacks, take_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, take_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, close_stream);
	int r = nghttp2_session_client_new(&client->session, callbacks, client);
	nghttp2_session_callbacks_del(callbacks);
	if (r == 0)
		r = nghttp2_submit_settings(client->session, NGHTTP2_FLAG_NONE, settings,
			sizeof(settings) / sizeof(*settings));
	if (r == 0)
		r = nghttp2_session_set_local_window_size(
			client->session, NGHTTP2_FLAG_NONE, 0, WINDOW);
	return r == 0 ? 0 : -ENOMEM;
}

static int start_call(
	struct wire_client *client, const char *method, const struct wire_header *headers, size_t n)
{
	nghttp2_nv nv[6 + CLIENT_HEADERS_MAX] = { TEXT(":method", "POST"), TEXT(":scheme", "http"),
		TEXT(":path", method), TEXT(":authority", "containerd"),
		TEXT("content-type", "application/grpc"), TEXT("te", "trailers") };
	nghttp2_data_provider request = { .read_callback = give_request };

	if (n > CLIENT_HEADERS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < n; i++)
		nv[6 + i] = (nghttp2_nv)TEXT(headers[i].name, headers[i].value);
	client->stream = nghttp2_submit_request(client->session, NULL, nv, 6 + n, &request, NULL);
	return client->stream < 0 ? -ENOMEM : flush(client);
}

int wire_client_open(const char *address, const char *method, const struct wire_header *headers,
	size_t n, struct wire_client **ret)
{
	struct wire_client *client = calloc(1, sizeof(*client));

	if (!client)
		return -ENOMEM;
	client->fd = client->status = -1;
	int r = connect_to(address, &client->fd);
	if (r == 0)
		r = start_session(client);
	if (r == 0)
		r = start_call(client, method, headers, n);
	if (r < 0) {
		wire_client_close(client);
		return r;
	}
	*ret = client;
	return 0;
}

/* ---- messages ---- */

int wire_client_send(struct wire_client *client, const uint8_t *data, size_t size, bool last)
{
	const uint8_t prefix[WIRE_PREFIX_SIZE] = { 0, (uint8_t)(size >> 24), (uint8_t)(size >> 16),
		(uint8_t)(size >> 8), (uint8_t)size };

	client->out.size = client->sent = 0;
	if (wire_bytes_add(&client->out, prefix, sizeof(prefix)) < 0 ||
		wire_bytes_add(&client->out, data, size) < 0)
		return -ENOMEM;
	client->last = last;
	nghttp2_session_resume_data(client->session, client->stream);
	int r = flush(client);
	/* Send in pieces, because the server's window may be smaller than the message. */
	while (r == 0 && client->sent < client->out.size && !client->closed)
		r = receive(client);
	return r == 0 && client->sent < client->out.size ? -EPIPE : r;
}

/* Tells whether IN begins with a whole message, and its size. */
static bool has_message(const struct wire_client *client, size_t *ret_size)
{
	const uint8_t *at = client->in.data + client->taken;
	size_t rest = client->in.size - client->taken;

	if (rest < WIRE_PREFIX_SIZE)
		return false;
	*ret_size = (size_t)at[1] << 24 | (size_t)at[2] << 16 | (size_t)at[3] << 8 | at[4];
	return rest - WIRE_PREFIX_SIZE >= *ret_size;
}

int wire_client_receive(struct wire_client *client, const uint8_t **ret, size_t *ret_size)
{
	struct wire_bytes *in = &client->in;
	size_t size = 0;

	if (client->taken) {
		memmove(in->data, in->data + client->taken, in->size - client->taken);
		in->size -= client->taken;
		client->taken = 0;
	}
	while (!has_message(client, &size)) {
		if (client->closed)
			return in->size ? -EPROTO : 0;
		if (size > MESSAGE_MAX)
			return -EMSGSIZE;
		int r = receive(client);
		if (r < 0)
			return r;
	}
	if (in->data[0]) /* the message is compressed, which this client has not offered */
		return -EPROTO;
	*ret = in->data + WIRE_PREFIX_SIZE;
	*ret_size = size;
	client->taken = WIRE_PREFIX_SIZE + size;
	return 1;
}

enum wire_status wire_client_status(const struct wire_client *client, const char **ret_words)
{
	*ret_words = client->words;
	return client->status < 0 || client->status >= WIRE_STATUSES
		       ? WIRE_UNAVAILABLE
		       : (enum wire_status)client->status;
}

void wire_client_close(struct wire_client *client)
{
	if (!client)
		return;
	if (client->session && !client->closed && client->stream > 0) {
		nghttp2_submit_rst_stream(
			client->session, NGHTTP2_FLAG_NONE, client->stream, NGHTTP2_CANCEL);
		(void)flush(client);
	}
	nghttp2_session_del(client->session);
	wire_bytes_free(&client->in);
	wire_bytes_free(&client->out);
	cleanup_close(&client->fd);
	free(client);
}
