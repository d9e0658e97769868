/* An SNMPv2c agent that is never the bottleneck: the tunnel table of tunnels.h, the system and snmpEngine groups.
 *
 *   responder [--tunnels N] [--targets K] [--delay MS] [--serial] [--max-bytes N] [--move]
 *
 * Binds K free ports of 127.0.0.1, a target each, and prints them on one line. Any community is good. `--delay` holds
 * each response back, requests meanwhile overlap; with `--serial` a target works on one request after the other.
 * `--move` lets counters and times go on. Lines on standard input: `stats` prints the totals as JSON, `reset` zeroes
 * them (and prints the old ones), `gone N` takes row N out of the table for good (and prints them, too). End of input ends the agent, so that none outlives its benchmark.
 */
#define _GNU_SOURCE
#include "objects.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_REPEATERS = 1024, BURST = 32 };
enum pdu { PDU_GET = 0xa0, PDU_GET_NEXT = 0xa1, PDU_RESPONSE = 0xa2, PDU_GET_BULK = 0xa5 };
enum { NO_SUCH_INSTANCE = 0x81, END_OF_MIB_VIEW = 0x82, TOO_BIG = 1 };

struct response {
    struct response *next;
    double due;
    struct target *target;
    struct sockaddr_in to;
    int length;
    uint8_t datagram[];
};

struct target { int socket, number, pending; double busy_until; };

static struct { uint64_t requests, responses, varbinds, received, sent, largest, peak_pending, too_big, ignored; } totals;
static int max_bytes = MAX_DATAGRAM, serial, moving;
static double delay, started;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- requests and responses --------------------------------------------------------------------------------------- */

struct request {
    struct slice head; /* version and community, as they came */
    struct slice id;
    long non_repeaters, max_repetitions;
    int pdu, count;
    struct oid oids[MAX_REPEATERS];
};

static int read_request(struct slice in, struct request *r)
{
    int tag;
    long version, ignored;
    struct slice message, content, pdu, binds, raw;
    if (!take(&in, &tag, &message) || tag != 0x30) return 0;
    r->head.at = message.at;
    if (!take_integer(&message, &version, &raw) || version != 1) return 0;
    if (!take(&message, &tag, &content) || tag != TAG_OCTETS) return 0;
    r->head.end = message.at;
    if (!take(&message, &r->pdu, &pdu)) return 0;
    if (!take_integer(&pdu, &ignored, &r->id)) return 0;
    if (!take_integer(&pdu, &r->non_repeaters, &raw) || !take_integer(&pdu, &r->max_repetitions, &raw)) return 0;
    if (!take(&pdu, &tag, &binds) || tag != 0x30) return 0;
    for (r->count = 0; binds.at < binds.end; r->count++) {
        if (r->count == MAX_REPEATERS) return 0;
        if (!take(&binds, &tag, &content) || !take_oid(&content, &r->oids[r->count])) return 0;
    }
    return 1;
}

struct writer { uint8_t *at, *end; const struct target *target; double seconds; int count; };

/* One varbind: the place's value, or an exception at the OID that was asked for. 0 if it does not fit. */
static int put_varbind(struct writer *w, struct place place, const struct oid *asked, int exception)
{
    uint8_t body[2 * MAX_OID_OCTETS + 80], *p = body + 2;
    if (place.object < object_count) {
        const struct object *o = &objects[place.object];
        struct value v = o->scalar;
        memcpy(p, o->octets, (size_t)o->octet_count);
        p = put_arc(p + o->octet_count, o->column ? row_index(place.row) : 0);
        body[0] = TAG_OID;
        body[1] = (uint8_t)(p - body - 2);
        if (o->column) tunnel_value(&v, w->target->number, place.row, o->column, w->seconds);
        else if (v.tag == TAG_TIMETICKS) v.number += (uint64_t)(w->seconds * 100);
        p = put_value(p, &v);
    } else {
        if (asked->octet_count > MAX_OID_OCTETS) return 0;
        p = put_header(body, TAG_OID, asked->octet_count);
        memcpy(p, asked->octets, (size_t)asked->octet_count);
        p = put_header(p + asked->octet_count, exception, 0);
    }
    int length = (int)(p - body);
    if (w->end - w->at < 1 + length_octets(length) + length) return 0;
    w->at = put_header(w->at, 0x30, length);
    memcpy(w->at, body, (size_t)length);
    w->at += length;
    w->count++;
    return 1;
}

/* The OID of the last place, for endOfMibView in a repetition behind the end. */
static const struct oid *last_oid(void)
{
    static uint8_t octets[MAX_OID_OCTETS];
    static struct oid oid;
    const struct object *o = &objects[object_count - 1];
    memcpy(octets, o->octets, (size_t)o->octet_count);
    uint8_t *end = put_arc(octets + o->octet_count, o->column ? row_index(tunnels - 1) : 0);
    oid.octets = octets;
    oid.octet_count = (int)(end - octets);
    return &oid;
}

static int answer_bulk(struct writer *w, const struct request *r)
{
    struct place places[MAX_REPEATERS];
    for (int i = 0; i < r->count; i++) {
        places[i] = place_after(&r->oids[i]);
        if (i < r->non_repeaters && !put_varbind(w, places[i], &r->oids[i], END_OF_MIB_VIEW)) return 0;
    }
    for (long repetition = 0; repetition < r->max_repetitions; repetition++) {
        int more = 0;
        for (int i = (int)r->non_repeaters; i < r->count; i++) {
            const struct oid *asked = repetition ? last_oid() : &r->oids[i];
            if (!put_varbind(w, places[i], asked, END_OF_MIB_VIEW)) return 1; /* a GetBulk response may be cut */
            if (places[i].object == object_count) continue;
            places[i] = next_place(places[i]);
            more = 1;
        }
        if (!more) break;
    }
    return 1;
}

static int answer_each(struct writer *w, const struct request *r)
{
    for (int i = 0; i < r->count; i++) {
        struct place place = r->pdu == PDU_GET ? place_of(&r->oids[i]) : place_after(&r->oids[i]);
        if (!put_varbind(w, place, &r->oids[i], r->pdu == PDU_GET ? NO_SUCH_INSTANCE : END_OF_MIB_VIEW)) return 0;
    }
    return 1;
}

/* Puts head, id, error and varbinds together; returns the datagram's length. */
static int put_response(uint8_t *out, const struct request *r, const uint8_t *binds, int length, int error)
{
    int head = (int)(r->head.end - r->head.at), id = (int)(r->id.end - r->id.at);
    int pdu = 2 + id + 6 + 1 + length_octets(length) + length;
    uint8_t *p = put_header(out, 0x30, head + 1 + length_octets(pdu) + pdu);
    memcpy(p, r->head.at, (size_t)head);
    p = put_header(p + head, PDU_RESPONSE, pdu);
    p = put_header(p, TAG_INTEGER, id);
    memcpy(p, r->id.at, (size_t)id);
    p += id;
    memcpy(p, "\2\1\0\2\1\0", 6);
    p[2] = (uint8_t)error;
    p = put_header(p + 6, 0x30, length);
    memcpy(p, binds, (size_t)length);
    return (int)(p + length - out);
}

static int answer(const struct target *target, struct slice in, uint8_t *out)
{
    static uint8_t binds[MAX_DATAGRAM];
    static struct request r;
    if (!read_request(in, &r)) return 0;
    int room = max_bytes - (int)(r.head.end - r.head.at) - (int)(r.id.end - r.id.at) - 20;
    struct writer w = {binds, binds + (room > 0 ? room : 0), target, moving ? now() - started : 0, 0};
    if (r.non_repeaters < 0) r.non_repeaters = 0;
    if (r.non_repeaters > r.count) r.non_repeaters = r.count;
    int fits;
    if (r.pdu == PDU_GET_BULK) fits = answer_bulk(&w, &r);
    else if (r.pdu == PDU_GET || r.pdu == PDU_GET_NEXT) fits = answer_each(&w, &r);
    else return 0;
    if (fits && r.count && !w.count && r.max_repetitions) fits = r.pdu != PDU_GET_BULK;
    if (!fits) {
        totals.too_big++;
        return put_response(out, &r, binds, 0, TOO_BIG);
    }
    totals.varbinds += (uint64_t)w.count;
    return put_response(out, &r, binds, (int)(w.at - binds), 0);
}

/* --- input and output --------------------------------------------------------------------------------------------- */

static struct response *first, *last;

static void send_response(struct target *t, const struct sockaddr_in *to, const uint8_t *datagram, int length)
{
    sendto(t->socket, datagram, (size_t)length, 0, (const struct sockaddr *)to, sizeof *to);
    totals.responses++;
    totals.sent += (uint64_t)length;
    if ((uint64_t)length > totals.largest) totals.largest = (uint64_t)length;
}

/* Keeps the queue in order of time; with one delay for all, the right place is at or near the end. */
static void hold(struct target *t, const struct sockaddr_in *to, const uint8_t *datagram, int length)
{
    struct response *r = malloc(sizeof *r + (size_t)length), **link = &first;
    double from = serial && t->busy_until > now() ? t->busy_until : now();
    *r = (struct response){.due = from + delay, .target = t, .to = *to, .length = length};
    memcpy(r->datagram, datagram, (size_t)length);
    t->busy_until = r->due;
    if (last && last->due <= r->due) link = &last->next;
    while (*link && (*link)->due <= r->due) link = &(*link)->next;
    r->next = *link;
    *link = r;
    if (!r->next) last = r;
    if ((uint64_t)++t->pending > totals.peak_pending) totals.peak_pending = (uint64_t)t->pending;
}

static void send_due(void)
{
    while (first && first->due <= now()) {
        struct response *r = first;
        first = r->next;
        if (!first) last = NULL;
        r->target->pending--;
        send_response(r->target, &r->to, r->datagram, r->length);
        free(r);
    }
}

static void receive(struct target *t)
{
    static uint8_t in[MAX_DATAGRAM + 1], out[MAX_DATAGRAM + 64];
    for (int i = 0; i < BURST; i++) {
        struct sockaddr_in from;
        socklen_t size = sizeof from;
        ssize_t length = recvfrom(t->socket, in, sizeof in, MSG_DONTWAIT, (struct sockaddr *)&from, &size);
        if (length < 0) return;
        totals.requests++;
        totals.received += (uint64_t)length;
        int answered = answer(t, (struct slice){in, in + length}, out);
        if (!answered) totals.ignored++;
        else if (delay > 0) hold(t, &from, out, answered);
        else send_response(t, &from, out, answered);
    }
}

static void print_totals(void)
{
    printf("{\"requests\": %lu, \"responses\": %lu, \"varbinds\": %lu, \"received_bytes\": %lu, \"sent_bytes\": %lu, "
           "\"largest_bytes\": %lu, \"peak_pending\": %lu, \"too_big\": %lu, \"ignored\": %lu}\n",
           totals.requests, totals.responses, totals.varbinds, totals.received, totals.sent,
           totals.largest, totals.peak_pending, totals.too_big, totals.ignored);
    fflush(stdout);
}

static void obey(void)
{
    char line[64];
    ssize_t length = read(STDIN_FILENO, line, sizeof line - 1);
    if (length <= 0) exit(0);
    line[length] = 0;
    int row = -1;
    if (sscanf(line, "gone %d", &row) == 1 && row >= 0 && row < tunnels) gone[row] = 1;
    print_totals();
    if (!strncmp(line, "reset", 5)) memset(&totals, 0, sizeof totals);
}

static int open_socket(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int buffer = 4 << 20, s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    setsockopt(s, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    setsockopt(s, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    if (bind(s, (struct sockaddr *)&at, size) || getsockname(s, (struct sockaddr *)&at, &size)) {
        perror("bind");
        exit(1);
    }
    printf("%d ", ntohs(at.sin_port));
    return s;
}

static void watch(int epoll, int descriptor, void *target)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = target};
    epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

static void serve(int epoll)
{
    struct epoll_event events[256];
    for (;;) {
        struct timespec wait = {0, 0};
        double left = first ? first->due - now() : 0;
        if (left > 0) wait = (struct timespec){(time_t)left, (long)((left - (double)(time_t)left) * 1e9)};
        int count = epoll_pwait2(epoll, events, 256, first ? &wait : NULL, NULL);
        if (count < 0 && errno != EINTR) exit(1);
        send_due();
        for (int i = 0; i < count; i++)
            if (events[i].data.ptr) receive(events[i].data.ptr);
            else obey();
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"tunnels", 1, 0, 'n'}, {"targets", 1, 0, 'k'}, {"delay", 1, 0, 'd'},
        {"serial", 0, 0, 's'}, {"max-bytes", 1, 0, 'b'}, {"move", 0, 0, 'm'}, {0, 0, 0, 0}};
    int targets = 1;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        switch (option) {
        case 'n': tunnels = atoi(optarg); break;
        case 'k': targets = atoi(optarg); break;
        case 'd': delay = atof(optarg) / 1000; break;
        case 's': serial = 1; break;
        case 'b': max_bytes = atoi(optarg); break;
        case 'm': moving = 1; break;
        default: return 2;
        }
    if (max_bytes > MAX_DATAGRAM || max_bytes < 484) max_bytes = MAX_DATAGRAM;
    started = now();
    gone = calloc((size_t)tunnels + 1, 1);
    add_objects();
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct target *all = calloc((size_t)targets, sizeof *all);
    for (int i = 0; i < targets; i++) {
        all[i].number = i;
        all[i].socket = open_socket();
        watch(epoll, all[i].socket, &all[i]);
    }
    watch(epoll, STDIN_FILENO, NULL);
    printf("\n");
    fflush(stdout);
    serve(epoll);
}
