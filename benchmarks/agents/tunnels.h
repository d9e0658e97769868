/* The table that every benchmark polls: cipSecTunnelTable of CISCO-IPSEC-FLOW-MONITOR-MIB, columns 2 to 51.
 *
 * Values are computed, not stored: they depend on target, row, column and time only, so that two agents tell the same.
 * They agree with each other as a device's would: InOctets is HcInOctets modulo 2^32, InDecrypts is InPkts, and so on.
 */
#ifndef TUNNELS_H
#define TUNNELS_H

#include <stdint.h>
#include <string.h>

enum { FIRST_COLUMN = 2, LAST_COLUMN = 51, FIRST_INDEX = 101, INDEX_STEP = 7 };

enum tag { TAG_INTEGER = 0x02, TAG_OCTETS = 0x04, TAG_OID = 0x06, TAG_COUNTER32 = 0x41, TAG_GAUGE32 = 0x42,
           TAG_TIMETICKS = 0x43, TAG_COUNTER64 = 0x46 };

struct value {
    enum tag tag;
    uint64_t number;
    uint8_t octets[64];
    int length; /* of octets */
};

static inline uint32_t row_index(int row) { return FIRST_INDEX + (uint32_t)row * INDEX_STEP; }

/* The first row whose index is greater than `index`; may be past the end. */
static inline int row_after(uint32_t index)
{
    return index < FIRST_INDEX ? 0 : (int)((index - FIRST_INDEX) / INDEX_STEP) + 1;
}

/* splitmix64: cheap, and good enough that no two rows look alike. */
static inline uint64_t scatter(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

struct traffic { uint64_t octets, packets, drops, replays, failures; };

/* Totals of one direction after `seconds`: between 10 kbit/s and 20 Mbit/s a tunnel on top of what it had at start. */
static inline struct traffic traffic_of(uint64_t seed, double seconds)
{
    uint64_t had = scatter(seed) & 0xffffffffffu;
    uint64_t rate = 1250 + scatter(seed + 1) % 2500000;
    uint64_t moved = (uint64_t)((double)rate * seconds);
    struct traffic t;
    t.octets = had + moved;
    t.packets = t.octets / (200 + seed % 900);
    t.drops = scatter(seed + 2) % 4 ? 0 : scatter(seed + 3) % 5000 + moved / 5000000;
    t.replays = scatter(seed + 4) % 16 ? 0 : scatter(seed + 5) % 300;
    t.failures = scatter(seed + 6) % 16 ? 0 : scatter(seed + 7) % 40;
    return t;
}

static inline void set_number(struct value *v, enum tag tag, uint64_t number)
{
    v->tag = tag;
    v->number = (tag == TAG_COUNTER32 || tag == TAG_GAUGE32 || tag == TAG_TIMETICKS) ? (uint32_t)number : number;
}

static inline void set_address(struct value *v, uint32_t address)
{
    v->tag = TAG_OCTETS;
    v->length = 4;
    for (int i = 0; i < 4; i++) v->octets[i] = (uint8_t)(address >> (24 - 8 * i));
}

/* Columns 26 to 38 (receive) and, 13 further on, 39 to 50 (transmit), which have no replay drops. */
static inline void traffic_value(struct value *v, int column, const struct traffic *t)
{
    int transmit = column >= 39, k = transmit ? column - 13 : column;
    if (transmit && k >= 34) k++;
    switch (k) {
    case 26: case 29: set_number(v, TAG_COUNTER32, t->octets); break;
    case 27: case 30: set_number(v, TAG_COUNTER64, t->octets); break;
    case 28: case 31: set_number(v, TAG_COUNTER32, t->octets >> 32); break;
    case 33: set_number(v, TAG_COUNTER32, t->drops); break;
    case 34: set_number(v, TAG_COUNTER32, t->replays); break;
    case 36: case 38: set_number(v, TAG_COUNTER32, t->failures); break;
    default: set_number(v, TAG_COUNTER32, t->packets); break; /* Pkts, Auths, Decrypts, Encrypts */
    }
}

/* Columns 16 to 25: groups and algorithms, half of them beyond the MIB's list as IOS sends them (group 14, AES). */
static inline uint64_t algorithm(int column, uint64_t seed)
{
    int modern = seed & 1;
    switch (column > 20 ? column - 5 : column) {
    case 16: return modern ? 14 : 3;
    case 17: return modern ? 5 : 3;
    case 18: return 1;
    case 19: return 3;
    default: return 1;
    }
}

static inline void tunnel_value(struct value *v, int target, int row, int column, double seconds)
{
    uint64_t seed = scatter(((uint64_t)target << 32) | (uint32_t)row);
    if (column >= 26 && column <= 50) {
        struct traffic t = traffic_of(seed + (column >= 39 ? 16 : 0), seconds);
        traffic_value(v, column, &t);
        return;
    }
    if (column >= 16 && column <= 25) {
        set_number(v, TAG_INTEGER, algorithm(column, seed));
        return;
    }
    switch (column) {
    case 2: set_number(v, TAG_INTEGER, (uint64_t)row / 2 + 1); break;
    case 4: set_address(v, 0xc0000201u + (uint32_t)(target & 0xff)); break;
    case 5: set_address(v, 0x0a000000u + ((uint32_t)target << 16 & 0xff0000u) + (uint32_t)row + 1); break;
    case 8: set_number(v, TAG_INTEGER, 4608000); break;
    case 9: set_number(v, TAG_INTEGER, 3600); break;
    case 10: set_number(v, TAG_INTEGER, seed % 8640000 + (uint64_t)(seconds * 100)); break;
    case 11: set_number(v, TAG_INTEGER, 256); break;
    case 12: set_number(v, TAG_INTEGER, 30); break;
    case 13: set_number(v, TAG_COUNTER32, seed % 24); break;
    case 14: set_number(v, TAG_COUNTER32, seed % 24 * 2); break;
    case 15: set_number(v, TAG_GAUGE32, 2); break;
    default: set_number(v, TAG_INTEGER, 1); break; /* IkeTunnelAlive, KeyType, EncapMode, Status */
    }
}

#endif
