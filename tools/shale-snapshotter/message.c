/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/shale-snapshotter/message.h"

void *message_decode(struct wire_call *call, const ProtobufCMessageDescriptor *type)
{
	size_t size;
	const uint8_t *data = wire_call_request(call, &size);
	void *message = protobuf_c_message_unpack(type, NULL, size, data);

	if (!message)
		wire_call_fail(call, WIRE_INTERNAL, "the request cannot be decoded");
	return message;
}

void message_reply(struct wire_call *call, const ProtobufCMessage *message)
{
	uint8_t *to = wire_call_reply(call, protobuf_c_message_get_packed_size(message));

	if (to)
		protobuf_c_message_pack(message, to);
}
