/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/wire/connection.h"

#include "common/base/scope.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <sys/socket.h>

#define CALLS_MAX 1024
/* The most bytes that incomplete requests of one connection may take together. */
#define PENDING_MAX (4 * (size_t)WIRE_REQUEST_MAX)
#define WINDOW      (1 << 20)
/* Collect so many bytes before a write. */
#define GATHER (64 << 10)

struct wire_connection {
	struct wire_door *door;
	int fd;
	nghttp2_session *session;
	struct wire_call *calls;
	size_t pending;
	struct wire_bytes out; /* bytes that wait for room in the socket */
	size_t written;        /* how many bytes of OUT are written */
};

#define TEXT(name, value)                                                                          \
	{                                                                                          \
		(uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1, strlen(value),            \
			NGHTTP2_NV_FLAG_NO_COPY_NAME                                               \
	}

/* ---- replies ---- */

static size_t trailers(const struct wire_call *call, char status[12], nghttp2_nv ret[2])
{
	snprintf(status, 12, "%d", call->status);
	ret[0] = (nghttp2_nv)TEXT("grpc-status", status);
	if (!call->message)
		return 1;
	ret[1] = (nghttp2_nv)TEXT("grpc-message", call->message);
	return 2;
}

static ssize_t give_reply(nghttp2_session *session, int32_t stream, uint8_t *buf, size_t length,
	uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct wire_call *call = source->ptr;
	size_t rest = call->out.size - call->sent;
	size_t n = rest < length ? rest : length;
	char status[12];
	nghttp2_nv nv[2];

	if (n)
		memcpy(buf, call->out.data + call->sent, n);
	call->sent += n;
	if (n < rest)
		return (ssize_t)n;
	*flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
	if (nghttp2_submit_trailer(session, stream, nv, trailers(call, status, nv)) != 0)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	return (ssize_t)n;
}

static int answer(struct wire_call *call)
{
	nghttp2_session *session = call->connection->session;
	nghttp2_data_provider reply = { .source.ptr = call, .read_callback = give_reply };
	char status[12];
	nghttp2_nv nv[4] = { TEXT(":status", "200"), TEXT("content-type", "application/grpc") };

	call->answered = true;
	if (call->status == WIRE_OK)
		return nghttp2_submit_response(session, call->stream, nv, 2, &reply);
	return nghttp2_submit_response(
		session, call->stream, nv, 2 + trailers(call, status, nv + 2), NULL);
}

/* Refuses a client that does not speak gRPC. */
static int refuse(struct wire_call *call, const char *status)
{
	nghttp2_nv nv[] = { TEXT(":status", status) };

	call->answered = true;
	return nghttp2_submit_response(call->connection->session, call->stream, nv, 1, NULL);
}

/* ---- requests ---- */

static struct wire_call *call_of(nghttp2_session *session, int32_t stream)
{
	return nghttp2_session_get_stream_user_data(session, stream);
}

static void release_request(struct wire_connection *connection, struct wire_call *call)
{
	connection->pending -= call->in.size;
}

static void unlink_call(struct wire_connection *connection, struct wire_call *call)
{
	if (call->previous)
		call->previous->next = call->next;
	else
		connection->calls = call->next;
	if (call->next)
		call->next->previous = call->previous;
	release_request(connection, call);
	call->connection = NULL;
	call->previous = call->next = NULL;
}

static int begin(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct wire_connection *connection = arg;

	if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	struct wire_call *call = wire_call_new(connection, frame->hd.stream_id);
	if (!call)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	call->next = connection->calls;
	if (call->next)
		call->next->previous = call;
	connection->calls = call;
	return nghttp2_session_set_stream_user_data(session, call->stream, call);
}

static bool find_in(const struct wire_service *service, struct wire_tally *tallies,
	struct wire_call *call, const char *path)
{
	for (size_t i = 0; service->methods[i].path; i++)
		if (!strcmp(service->methods[i].path, path)) {
			call->method = &service->methods[i];
			call->tally = &tallies[i];
			call->arg = service->arg;
			return true;
		}
	return false;
}

static void find_method(const struct wire_door *door, const char *path, struct wire_call *call)
{
	for (size_t i = 0; door->services[i].methods; i++)
		if (find_in(&door->services[i], door->tallies[i], call, path))
			return;
	wire_call_fail(call, WIRE_UNIMPLEMENTED, "unknown method %s", path);
}

static bool is(const uint8_t *text, size_t size, const char *word)
{
	return size == strlen(word) && !memcmp(text, word, size);
}

static int take_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
	size_t name_size, const uint8_t *value, size_t size, uint8_t flags, void *arg)
{
	static const char grpc[] = "application/grpc", passed_on[] = "containerd-";
	struct wire_connection *connection = arg;
	struct wire_call *call = call_of(session, frame->hd.stream_id);

	if (!call)
		return 0;
	if (is(name, name_size, ":path")) {
		find_method(connection->door, (const char *)value, call);
	} else if (is(name, name_size, ":method")) {
		call->is_post = is(value, size, "POST");
	} else if (is(name, name_size, "content-type")) {
		call->is_grpc = !strncmp((const char *)value, grpc, sizeof(grpc) - 1);
	} else if (is(name, name_size, "grpc-timeout")) {
		wire_call_set_timeout(call, (const char *)value, size);
	} else if (!strncmp((const char *)name, passed_on, sizeof(passed_on) - 1)) {
		return wire_call_keep_header(call, name, value, size) < 0
			       ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE
			       : 0;
	}
	return 0;
}

static int take_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
	size_t size, void *arg)
{
	struct wire_connection *connection = arg;
	struct wire_call *call = call_of(session, stream);

	if (!call || call->answered || call->running)
		return 0;
	if (call->in.size + size > WIRE_REQUEST_MAX + WIRE_PREFIX_SIZE ||
		connection->pending + size > PENDING_MAX) {
		wire_call_fail(call, WIRE_RESOURCE_EXHAUSTED, "the request has more than %d bytes",
			WIRE_REQUEST_MAX);
		return answer(call) < 0 ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
	}
	if (wire_bytes_add(&call->in, data, size) < 0)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	connection->pending += size;
	return 0;
}

/* The request is complete: runs the call, here or in a worker. */
static int run(struct wire_connection *connection, struct wire_call *call)
{
	if (!call->is_post)
		return refuse(call, "405");
	if (!call->is_grpc)
		return refuse(call, "415");
	if (call->status != WIRE_OK || !wire_call_is_complete(call) || wire_call_is_late(call))
		return answer(call);
	if (!call->method->waits) {
		wire_call_run(call);
		return answer(call);
	}
	call->running = true;
	if (connection->door->hand_over(connection->door, call) == 0)
		return 0;
	call->running = false;
	wire_call_fail(call, WIRE_RESOURCE_EXHAUSTED, "no thread can be started");
	return answer(call);
}

static int take_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct wire_connection *connection = arg;

	if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
		return 0;
	struct wire_call *call = call_of(session, frame->hd.stream_id);
	if (!call || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	call->received = true;
	if (call->answered || call->running)
		return 0;
	return run(connection, call) < 0 ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

/* The reply was sent before the request was complete: tells the client to send no more of it. */
static int frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	const uint8_t type = frame->hd.type;

	if ((type != NGHTTP2_HEADERS && type != NGHTTP2_DATA) ||
		!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	struct wire_call *call = call_of(session, frame->hd.stream_id);
	if (!call || call->received)
		return 0;
	return nghttp2_submit_rst_stream(
		session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
}

static int close_stream(nghttp2_session *session, int32_t stream, uint32_t code, void *arg)
{
	struct wire_connection *connection = arg;
	struct wire_call *call = call_of(session, stream);

	if (!call)
		return 0;
	unlink_call(connection, call);
	if (!call->running)
		wire_call_free(call);
	return 0;
}

/* ---- the connection ---- */

static int start_session(struct wire_connection *connection)
{
	static const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, CALLS_MAX },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW },
	};
	nghttp2_session_callbacks *callbacks;

	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		return -ENOMEM;
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, take_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, take_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, take_frame);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frame_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, close_stream);
	int r = nghttp2_session_server_new(&connection->session, callbacks, connection);
	nghttp2_session_callbacks_del(callbacks);
	if (r == 0)
		r = nghttp2_submit_settings(connection->session, NGHTTP2_FLAG_NONE, settings,
			sizeof(settings) / sizeof(*settings));
	if (r == 0)
		r = nghttp2_session_set_local_window_size(
			connection->session, NGHTTP2_FLAG_NONE, 0, WINDOW);
	return r == 0 ? 0 : -ENOMEM;
}

struct wire_connection *wire_connection_new(struct wire_door *door, int fd)
{
	struct wire_connection *connection = calloc(1, sizeof(*connection));

	if (!connection) {
		close(fd);
		return NULL;
	}
	connection->door = door;
	connection->fd = fd;
	if (start_session(connection) == 0)
		return connection;
	wire_connection_free(connection);
	return NULL;
}

void wire_connection_free(struct wire_connection *connection)
{
	struct wire_call *call;

	while ((call = connection->calls)) {
		unlink_call(connection, call);
		if (!call->running)
			wire_call_free(call);
	}
	nghttp2_session_del(connection->session);
	wire_bytes_free(&connection->out);
	close(connection->fd);
	free(connection);
}

int wire_connection_fd(const struct wire_connection *connection)
{
	return connection->fd;
}

int wire_connection_read(struct wire_connection *connection)
{
	uint8_t buf[GATHER];
	ssize_t n = recv(connection->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -ECONNRESET;
	return nghttp2_session_mem_recv(connection->session, buf, (size_t)n) < 0 ? -EPROTO : 0;
}

static int gather(struct wire_connection *connection)
{
	struct wire_bytes *out = &connection->out;

	out->size = connection->written = 0;
	while (out->size < GATHER) {
		const uint8_t *data;
		ssize_t n = nghttp2_session_mem_send(connection->session, &data);

		if (n < 0)
			return -EPROTO;
		if (n == 0)
			break;
		if (wire_bytes_add(out, data, (size_t)n) < 0)
			return -ENOMEM;
	}
	return 0;
}

int wire_connection_write(struct wire_connection *connection)
{
	struct wire_bytes *out = &connection->out;

	for (;;) {
		int r = connection->written == out->size ? gather(connection) : 0;

		if (r < 0)
			return r;
		if (out->size == 0)
			break;
		ssize_t n = send(connection->fd, out->data + connection->written,
			out->size - connection->written, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		connection->written += (size_t)n;
	}
	if (!nghttp2_session_want_read(connection->session))
		return -ECONNRESET;
	return 0;
}

int wire_connection_stop(struct wire_connection *connection)
{
	nghttp2_session *session = connection->session;
	int r = nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE,
		nghttp2_session_get_last_proc_stream_id(session), NGHTTP2_NO_ERROR, NULL, 0);

	return r == 0 ? wire_connection_write(connection) : -ENOMEM;
}

bool wire_connection_wants_to_write(const struct wire_connection *connection)
{
	return connection->written < connection->out.size;
}

bool wire_connection_is_busy(const struct wire_connection *connection)
{
	return connection->calls || wire_connection_wants_to_write(connection);
}

struct wire_connection *wire_call_answer(struct wire_call *call)
{
	struct wire_connection *connection = call->connection;

	call->running = false;
	if (!connection) {
		wire_call_free(call);
		return NULL;
	}
	/* There is no memory for a reply: reset the stream, so that the client does not wait. */
	if (answer(call) < 0)
		nghttp2_submit_rst_stream(connection->session, NGHTTP2_FLAG_NONE, call->stream,
			NGHTTP2_INTERNAL_ERROR);
	return connection;
}
