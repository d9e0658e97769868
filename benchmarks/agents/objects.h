/* What the responder tells: the system group, the tunnel table, the snmpEngine group, in the order of their OIDs. */
#ifndef OBJECTS_H
#define OBJECTS_H

#include "ber.h"

enum { MAX_OBJECTS = 80, MAX_DATAGRAM = 65507 };

/* A column, or a scalar (one row, index 0): what is told below one OID. */
struct object {
    uint32_t arcs[MAX_ARCS];
    int length;
    uint8_t octets[MAX_OID_OCTETS];
    int octet_count;
    int column; /* of the tunnel table, or 0 for a scalar */
    struct value scalar;
};

struct place { int object, row; };

static struct object objects[MAX_OBJECTS];
static int object_count, tunnels = 1000;
static uint8_t *gone; /* by row of the tunnel table: whether it is not there now */

static struct object *add_object(const uint32_t *arcs, int length, int column)
{
    struct object *o = &objects[object_count++];
    memcpy(o->arcs, arcs, (size_t)length * sizeof *arcs);
    o->length = length;
    o->column = column;
    uint8_t *p = o->octets;
    *p++ = (uint8_t)(arcs[0] * 40 + arcs[1]);
    for (int i = 2; i < length; i++) p = put_arc(p, arcs[i]);
    o->octet_count = (int)(p - o->octets);
    return o;
}

static void add_text(const uint32_t *arcs, int length, int tag, const void *octets, int octet_count)
{
    struct object *o = add_object(arcs, length, 0);
    o->scalar.tag = tag;
    o->scalar.length = octet_count;
    memcpy(o->scalar.octets, octets, (size_t)octet_count);
}

static void add_number(const uint32_t *arcs, int length, int tag, uint64_t number)
{
    set_number(&add_object(arcs, length, 0)->scalar, tag, number);
}

static void add_objects(void)
{
    uint32_t system[] = {1, 3, 6, 1, 2, 1, 1, 0}, engine[] = {1, 3, 6, 1, 6, 3, 10, 2, 1, 0};
    uint32_t table[] = {1, 3, 6, 1, 4, 1, 9, 9, 171, 1, 3, 2, 1, 0};
    static const char *text[] = {"tunnelwatch benchmark responder", "", "", "noc@example.net", "hub1.example.net", "lab"};
    for (uint32_t i = 1; i <= 6; i++) {
        system[7] = i;
        if (i == 2) add_text(system, 8, TAG_OID, "\x2b\x06\x01\x04\x01\x09\x01\x83\x26", 9);
        else if (i == 3) add_number(system, 8, TAG_TIMETICKS, 123456789);
        else add_text(system, 8, TAG_OCTETS, text[i - 1], (int)strlen(text[i - 1]));
    }
    for (uint32_t column = FIRST_COLUMN; column <= LAST_COLUMN; column++) {
        table[13] = column;
        add_object(table, 14, (int)column);
    }
    engine[9] = 1;
    add_text(engine, 10, TAG_OCTETS, "\x80\x00\x00\x09\x03\x00\x00\x5e\x00\x53\x01", 11);
    for (uint32_t i = 2; i <= 4; i++) {
        engine[9] = i;
        add_number(engine, 10, TAG_INTEGER, i == 2 ? 7 : i == 3 ? 1234567 : MAX_DATAGRAM);
    }
}

static int rows_of(const struct object *o) { return o->column ? tunnels : 1; }

/* <0, 0, >0: the OID is before the object's subtree, in it (or its root), behind it. */
static int compare(const struct oid *oid, const struct object *o)
{
    for (int i = 0; i < o->length; i++) {
        if (i == oid->length) return -1;
        if (oid->arcs[i] != o->arcs[i]) return oid->arcs[i] < o->arcs[i] ? -1 : 1;
    }
    return 0;
}

/* This row or the first one behind it that is there; may be past the end. */
static int row_there(const struct object *o, int row)
{
    while (o->column && row < tunnels && gone[row]) row++;
    return row;
}

static struct place next_place(struct place p)
{
    p.row = row_there(&objects[p.object], p.row + 1);
    while (p.object < object_count && p.row >= rows_of(&objects[p.object])) {
        p.object++;
        p.row = p.object < object_count ? row_there(&objects[p.object], 0) : 0;
    }
    return p;
}

static struct place place_after(const struct oid *oid)
{
    for (int k = 0; k < object_count; k++) {
        const struct object *o = &objects[k];
        int order = compare(oid, o);
        if (order > 0) continue;
        int row = 0;
        if (order == 0 && oid->length > o->length) row = o->column ? row_after(oid->arcs[o->length]) : 1;
        row = row_there(o, row);
        if (row < rows_of(o)) return (struct place){k, row};
    }
    return (struct place){object_count, 0};
}

static struct place place_of(const struct oid *oid)
{
    for (int k = 0; k < object_count; k++) {
        const struct object *o = &objects[k];
        if (compare(oid, o) || oid->length != o->length + 1) continue;
        uint32_t index = oid->arcs[o->length];
        int row = !o->column ? (index ? -1 : 0) : index ? row_after(index - 1) : -1;
        if (row >= 0 && row < rows_of(o) && (!o->column || (row_index(row) == index && !gone[row]))) return (struct place){k, row};
    }
    return (struct place){object_count, 0};
}

#endif
