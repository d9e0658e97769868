/* Recorded walks as a module of net-snmp's real snmpd (`dlmod replay …/replay.so`): the objects in the file that
 * REPLAY_FILE names, below 1.3.6.1.4.1.9, in the contexts that the file names.
 *
 * A line of the file is `context oid tag value`, blanks between them: `-` for the default context and for an empty
 * value, the tag in decimal, a value in hex but for integers (decimal) and OIDs (dotted). Lines of a context are in the
 * order of their OIDs.
 */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CONTEXTS = 16, MOST_ARCS = 64, MOST_TEXT = 4096 };

struct object {
    oid name[MOST_ARCS];
    size_t arcs;
    int tag;
    char *value;
};

struct view {
    char context[64];
    struct object *objects;
    size_t count, room;
};

static const oid root[] = {1, 3, 6, 1, 4, 1, 9};
static struct view views[MOST_CONTEXTS];
static int view_count;

static size_t arcs_of(const char *text, oid *arcs)
{
    size_t count = 0;
    for (char *end; *text && count < MOST_ARCS; text = *end == '.' ? end + 1 : end)
        arcs[count++] = strtoul(text, &end, 10);
    return count;
}

static struct view *view_of(const char *context)
{
    if (!strcmp(context, "-")) context = "";
    for (int i = 0; i < view_count; i++)
        if (!strcmp(views[i].context, context)) return &views[i];
    if (view_count == MOST_CONTEXTS) abort();
    snprintf(views[view_count].context, sizeof views[0].context, "%s", context);
    return &views[view_count++];
}

static void read_objects(FILE *file)
{
    static char line[MOST_TEXT], context[64], name[1024], value[MOST_TEXT];
    int tag;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "%63s %1023s %d %4095s", context, name, &tag, value) != 4) abort();
        struct view *view = view_of(context);
        if (view->count == view->room) {
            view->room = view->room ? 2 * view->room : 1024;
            view->objects = realloc(view->objects, view->room * sizeof *view->objects);
            if (!view->objects) abort();
        }
        struct object *object = &view->objects[view->count++];
        object->arcs = arcs_of(name, object->name);
        object->tag = tag;
        object->value = strdup(strcmp(value, "-") ? value : "");
    }
}

/* The first object at or behind a name, which may be past the end. */
static size_t place_of(const struct view *view, const oid *name, size_t arcs, int behind)
{
    size_t low = 0, high = view->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct object *object = &view->objects[middle];
        if (snmp_oid_compare(object->name, object->arcs, name, arcs) < behind) low = middle + 1;
        else high = middle;
    }
    return low;
}

static void tell(netsnmp_variable_list *v, const struct object *object)
{
    u_char octets[MOST_TEXT];
    oid arcs[MOST_ARCS];
    unsigned long long number;
    struct counter64 wide;
    size_t length;
    unsigned byte;
    snmp_set_var_objid(v, object->name, object->arcs);
    switch (object->tag) {
    case ASN_OBJECT_ID:
        length = arcs_of(object->value, arcs);
        snmp_set_var_typed_value(v, ASN_OBJECT_ID, arcs, length * sizeof *arcs);
        break;
    case ASN_COUNTER64:
        number = strtoull(object->value, NULL, 10);
        wide = (struct counter64){number >> 32, number & 0xffffffffu};
        snmp_set_var_typed_value(v, ASN_COUNTER64, &wide, sizeof wide);
        break;
    case ASN_INTEGER: case ASN_COUNTER: case ASN_GAUGE: case ASN_TIMETICKS:
        snmp_set_var_typed_integer(v, (u_char)object->tag, strtol(object->value, NULL, 10));
        break;
    default:
        for (length = 0; sscanf(object->value + 2 * length, "%2x", &byte) == 1; length++) octets[length] = (u_char)byte;
        snmp_set_var_typed_value(v, (u_char)object->tag, octets, length);
    }
}

static int answer(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
                  netsnmp_agent_request_info *info, netsnmp_request_info *request)
{
    const struct view *view = handler->myvoid;
    (void)registration;
    for (; request; request = request->next) {
        netsnmp_variable_list *v = request->requestvb;
        if (request->processed) continue;
        size_t place = place_of(view, v->name, v->name_length, info->mode == MODE_GETNEXT);
        if (place < view->count && (info->mode == MODE_GETNEXT ||
            !snmp_oid_compare(view->objects[place].name, view->objects[place].arcs, v->name, v->name_length)))
            tell(v, &view->objects[place]);
        else if (info->mode == MODE_GET)
            netsnmp_set_request_error(info, request, SNMP_NOSUCHOBJECT);
    }
    return SNMP_ERR_NOERROR;
}

void init_replay(void)
{
    FILE *file = fopen(getenv("REPLAY_FILE"), "r");
    if (!file) abort();
    read_objects(file);
    fclose(file);
    for (int i = 0; i < view_count; i++) {
        netsnmp_handler_registration *r = netsnmp_create_handler_registration(
            "replay", answer, root, OID_LENGTH(root), HANDLER_CAN_RONLY);
        r->handler->myvoid = &views[i];
        if (views[i].context[0]) r->contextName = strdup(views[i].context);
        netsnmp_register_handler(r);
    }
}
