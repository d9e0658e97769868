/* The tunnel table of tunnels.h as a module of net-snmp's real snmpd (`dlmod bigtab …/bigtab.so`), for SNMPv3.
 *
 * BENCHMARK_TUNNELS rows in the default context and in each of the contexts vrf-1 … vrf-BENCHMARK_CONTEXTS, which is
 * how IOS tells VRFs apart. Counters go on if BENCHMARK_MOVE is set.
 */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include "tunnels.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ENTRY_LENGTH = 13, INSTANCE_LENGTH = 15 };

static const oid entry[ENTRY_LENGTH] = {1, 3, 6, 1, 4, 1, 9, 9, 171, 1, 3, 2, 1};
static int tunnels = 1000;
static double started;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int number_of(const char *name, int otherwise)
{
    const char *text = getenv(name);
    return text ? atoi(text) : otherwise;
}

static void tell(netsnmp_variable_list *v, int column, int row, int context)
{
    oid name[INSTANCE_LENGTH];
    struct value value = {0};
    struct counter64 wide;
    memcpy(name, entry, sizeof entry);
    name[13] = (oid)column;
    name[14] = row_index(row);
    snmp_set_var_objid(v, name, INSTANCE_LENGTH);
    tunnel_value(&value, context, row, column, started > 0 ? now() - started : 0);
    switch (value.tag) {
    case TAG_OCTETS: snmp_set_var_typed_value(v, ASN_OCTET_STR, value.octets, (size_t)value.length); break;
    case TAG_COUNTER64:
        wide = (struct counter64){value.number >> 32, value.number & 0xffffffffu};
        snmp_set_var_typed_value(v, ASN_COUNTER64, &wide, sizeof wide);
        break;
    default: snmp_set_var_typed_integer(v, (u_char)value.tag, (long)value.number); break;
    }
}

static void answer_next(netsnmp_variable_list *v, int context)
{
    int column = FIRST_COLUMN, row = 0;
    int order = snmp_oid_compare(v->name, SNMP_MIN(v->name_length, ENTRY_LENGTH), entry, ENTRY_LENGTH);
    if (order > 0) return;
    if (order == 0 && v->name_length > ENTRY_LENGTH && v->name[13] >= FIRST_COLUMN) {
        column = (int)v->name[13];
        if (v->name_length > ENTRY_LENGTH + 1) row = row_after((uint32_t)v->name[14]);
    }
    if (row >= tunnels) column++, row = 0;
    if (column <= LAST_COLUMN) tell(v, column, row, context);
}

static int answer_get(netsnmp_variable_list *v, int context)
{
    if (v->name_length != INSTANCE_LENGTH || v->name[13] < FIRST_COLUMN || v->name[13] > LAST_COLUMN) return 0;
    int row = v->name[14] ? row_after((uint32_t)v->name[14] - 1) : 0;
    if (row >= tunnels || row_index(row) != v->name[14]) return 0;
    tell(v, (int)v->name[13], row, context);
    return 1;
}

static int answer(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
                  netsnmp_agent_request_info *info, netsnmp_request_info *request)
{
    int context = (int)(intptr_t)handler->myvoid;
    (void)registration;
    for (; request; request = request->next) {
        if (request->processed) continue;
        if (info->mode == MODE_GETNEXT) answer_next(request->requestvb, context);
        else if (info->mode == MODE_GET && !answer_get(request->requestvb, context))
            netsnmp_set_request_error(info, request, SNMP_NOSUCHINSTANCE);
    }
    return SNMP_ERR_NOERROR;
}

void init_bigtab(void)
{
    int contexts = number_of("BENCHMARK_CONTEXTS", 0);
    tunnels = number_of("BENCHMARK_TUNNELS", tunnels);
    if (getenv("BENCHMARK_MOVE")) started = now();
    for (int i = 0; i <= contexts; i++) {
        char name[32], context[32];
        snprintf(name, sizeof name, "bigtab%d", i);
        snprintf(context, sizeof context, "vrf-%d", i);
        netsnmp_handler_registration *r =
            netsnmp_create_handler_registration(name, answer, entry, ENTRY_LENGTH, HANDLER_CAN_RONLY);
        r->handler->myvoid = (void *)(intptr_t)i;
        if (i) r->contextName = strdup(context);
        netsnmp_register_handler(r);
    }
}
