/* BER as SNMP uses it: what the responder writes and reads of it (X.690, RFC 3417 section 8). */
#ifndef BER_H
#define BER_H

#include "tunnels.h"

enum { MAX_ARCS = 32, MAX_OID_OCTETS = 64 };

struct oid { uint32_t arcs[MAX_ARCS]; int length; const uint8_t *octets; int octet_count; };
struct slice { const uint8_t *at, *end; };

static int length_octets(int length) { return length < 128 ? 1 : length < 256 ? 2 : 3; }

static uint8_t *put_header(uint8_t *p, int tag, int length)
{
    *p++ = (uint8_t)tag;
    if (length >= 256) { *p++ = 0x82; *p++ = (uint8_t)(length >> 8); }
    else if (length >= 128) *p++ = 0x81;
    *p++ = (uint8_t)length;
    return p;
}

static uint8_t *put_arc(uint8_t *p, uint32_t arc)
{
    for (int shift = 28; shift > 0; shift -= 7)
        if (arc >> shift) *p++ = (uint8_t)(0x80 | (arc >> shift & 0x7f));
    *p++ = arc & 0x7f;
    return p;
}

static uint8_t *put_value(uint8_t *p, const struct value *v)
{
    if (v->tag == TAG_OCTETS || v->tag == TAG_OID) {
        p = put_header(p, v->tag, v->length);
        memcpy(p, v->octets, (size_t)v->length);
        return p + v->length;
    }
    int length = 1; /* all our numbers are positive: a leading zero octet where the top bit is set */
    while (length < 9 && v->number >> (8 * length - 1)) length++;
    p = put_header(p, v->tag, length);
    for (int i = length - 1; i >= 0; i--) *p++ = i == 8 ? 0 : (uint8_t)(v->number >> (8 * i));
    return p;
}

/* The content of the next TLV; moves `in` behind it. 0 if it does not fit. */
static int take(struct slice *in, int *tag, struct slice *content)
{
    const uint8_t *p = in->at;
    if (in->end - p < 2) return 0;
    *tag = *p++;
    long length = *p++;
    if (length & 0x80) {
        int count = (int)(length & 0x7f);
        if (count < 1 || count > 3 || in->end - p < count) return 0;
        for (length = 0; count--;) length = length << 8 | *p++;
    }
    if (in->end - p < length) return 0;
    *content = (struct slice){p, p + length};
    in->at = p + length;
    return 1;
}

static int take_integer(struct slice *in, long *number, struct slice *raw)
{
    int tag;
    if (!take(in, &tag, raw) || tag != TAG_INTEGER || raw->at == raw->end) return 0;
    *number = *raw->at & 0x80 ? -1 : 0;
    for (const uint8_t *p = raw->at; p < raw->end; p++) *number = *number << 8 | *p;
    return 1;
}

static int take_oid(struct slice *in, struct oid *oid)
{
    int tag;
    struct slice content;
    if (!take(in, &tag, &content) || tag != TAG_OID || content.at == content.end) return 0;
    oid->octets = content.at;
    oid->octet_count = (int)(content.end - content.at);
    oid->arcs[0] = *content.at / 40;
    oid->arcs[1] = *content.at % 40;
    oid->length = 2;
    uint32_t arc = 0;
    for (const uint8_t *p = content.at + 1; p < content.end; p++) {
        arc = arc << 7 | (*p & 0x7f);
        if (*p & 0x80) continue;
        if (oid->length == MAX_ARCS) return 0;
        oid->arcs[oid->length++] = arc;
        arc = 0;
    }
    return 1;
}

#endif
