#include "test_totals.h"

#include "test.h"
#include "test_pg.h"

#include <stdio.h>
#include <stdlib.h>

static const char areas[] =
    "insert into area (id, level, lgd_code, name) values"
    " (1, 'nation', null, 'India'), (2, 'state', 28, 'Andhra'), (3, 'state', 36, 'Telangana'),"
    " (11, 'district', 502, 'Anantapur'), (12, 'district', 503, 'Chittoor'),"
    " (31, 'district', 508, 'Adilabad'), (101, 'block', 4801, 'Agali'),"
    " (102, 'block', 4802, 'Amadagur'), (201, 'block', 4901, 'Bangarupalem'),"
    " (202, 'block', 4902, '=Chandragiri'), (301, 'block', 5001, 'Bazarhatnoor');"
    "insert into area_parent (area_id, parent_id) values (2, 1), (3, 1), (11, 2), (12, 2), (31, 3),"
    " (101, 11), (102, 11), (201, 12), (202, 12), (301, 31);"
    "insert into area_text values (11, 'hi', 'अनंतपुर');";

static const char dictionary[] =
    "insert into dictionary (id, code, title, valid_from) values (1, 'T1', 'Test list', 201704);"
    "insert into section values (1, 1, 'M1', 'Ante natal care', false),"
    " (1, 2, 'M14', 'Patient services', false), (1, 3, 'M17', 'Vaccines', true);"
    "insert into item (dictionary_id, slot, section_id, number, component, component_name, name,"
    " data_type, scale, aggregation) values"
    " (1, 0, 1, '1.1', 0, null, 'Women registered', 'count', 0, 'sum'),"
    " (1, 1, 1, '1.2', 0, null, 'Given TT1, \"booster\" or both', 'count', 0, 'sum'),"
    " (1, 2, 2, '14.1', 0, null, 'Stock of drugs', 'adequacy', 0, 'none'),"
    " (1, 3, 2, '14.2', 0, null, 'Satisfaction score', 'percentage', 1, 'average'),"
    " (1, 4, 2, '14.3', 0, null, 'Distance travelled', 'decimal', 1, 'sum'),"
    " (1, 5, 3, '17.1', 1, 'Balance From Previous Month', 'BCG', 'count', 0, 'first'),"
    " (1, 6, 3, '17.1', 2, 'Stocks Received', 'BCG', 'count', 0, 'sum'),"
    " (1, 7, 1, '1.3', 0, null, 'High risk', 'count', 0, 'sum');"
    "insert into form (id, dictionary_id, code, title, facility_types) values"
    " (1, 1, 'PHC', 'Primary health centre', '{2}'), (2, 1, 'CHC', 'Community health centre', "
    "'{3}'),"
    " (3, 1, 'DHQ', 'District headquarters', '{6}');"
    "insert into form_item (form_id, dictionary_id, slot, position, number)"
    " select f, 1, i.slot, i.slot, i.number from generate_series(1, 2) f, item i where i.slot not "
    "in (5, 6);"
    "insert into form_item (form_id, dictionary_id, slot, position, number)"
    " select 3, 1, i.slot, i.slot, i.number from item i where i.slot in (5, 6);"
    "insert into rule (form_id, ordinal, code, class, operator, left_slots, right_slots, text) "
    "values"
    " (1, 0, 'PHC-01', 'B', '<=', '{1}', '{0}', 'TT1 is at most the registrations'),"
    " (1, 1, 'PHC-02', 'C', '<=', '{7}', '{0}', 'High risk is at most the registrations'),"
    " (2, 0, 'CHC-01', 'B', '<=', '{1}', '{0}', 'TT1 is at most the registrations');";

static const char facilities[] =
    "insert into facility (id, code, name, facility_type, ownership, locality, state_id, "
    "district_id,"
    " block_id)"
    " select n, 'F' || n, case n when 3 then '-PHC 3' else 'Facility ' || n end,"
    "        case when n = 4 then 6 when n % 2 = 1 then 2 else 3 end,"
    "        case when n % 2 = 1 or n = 4 then 1 else 2 end,"
    "        case when n % 2 = 1 or n = 4 then 1 else 2 end, s, d, b"
    "   from unnest(array[101, 101, 102, 102, 201, 201, 202, 202, 301, 301, 301, 301])"
    "        with ordinality as u (b, n)"
    "   join lateral (select parent_id d from area_parent where area_id = b) x on true"
    "   join lateral (select parent_id s from area_parent where area_id = d) y on true;";

/* As a submission: the report a version more, its block marked; where it lay before, too. */
static const char submit[] =
    "create function test_report(code_ text, month integer, cells_ integer[], outcomes_ bytea "
    "default null)"
    " returns void language plpgsql as $$"
    " declare f facility; p record; fo smallint; old report;"
    " begin"
    "  select * into strict f from facility where code = code_;"
    "  select * into strict p from hmis_place_on((to_date(month::text, 'YYYYMM')"
    "         + interval '1 month - 1 day')::date) h where h.facility_id = f.id;"
    "  select id into strict fo from form where f.facility_type = any (facility_types);"
    "  select * into old from report r where r.facility_id = f.id and r.period = month and "
    "r.form_id = fo;"
    "  insert into report (facility_id, period, form_id, facility_type, ownership, locality, "
    "source,"
    "         state_id, district_id, block_id, version, submitted_at, cells, outcomes)"
    "  values (f.id, month, fo, f.facility_type, f.ownership, f.locality, 1, p.state_id, "
    "p.district_id,"
    "         p.block_id, 1, now(), cells_, outcomes_)"
    "  on conflict (facility_id, period, family) do update set cells = excluded.cells, packed = "
    "null,"
    "         outcomes = excluded.outcomes, version = report.version + 1, submitted_at = now(),"
    "         facility_type = excluded.facility_type, ownership = excluded.ownership,"
    "         locality = excluded.locality, state_id = excluded.state_id,"
    "         district_id = excluded.district_id, block_id = excluded.block_id;"
    "  insert into rollup_queue (period, dictionary_id, state_id, district_id, block_id)"
    "  select month, 1, u.s, u.d, u.b from (values (p.state_id, p.district_id, p.block_id),"
    "         (old.state_id, old.district_id, old.block_id)) u (s, d, b) where u.b is not null"
    "  group by 1, 2, 3, 4, 5;"
    " end $$;";

void test_totals(const char *conninfo) {
    test_sql(conninfo, areas);
    test_sql(conninfo, dictionary);
    test_sql(conninfo, facilities);
    test_sql(conninfo, submit);
}

void test_report(const char *conninfo, const char *facility, int period, const char *cells) {
    char sql[500];
    snprintf(sql, sizeof sql, "select test_report('%s', %d, '%s')", facility, period, cells);
    test_sql(conninfo, sql);
}

struct total *test_stored_total(const char *conninfo, int area, int period, struct arena *arena) {
    static char hex[65536], sql[200];
    snprintf(sql, sizeof sql,
             "select string_agg(encode(packed, 'hex'), ' ') from rollup where facility_type > 0"
             " and area_id = %d and period = %d",
             area, period);
    test_sql_value(conninfo, sql, hex, sizeof hex);
    struct total *total = total_new(arena, STATE_WIDTH);
    char *rest = hex;
    for (char *word; (word = strsep(&rest, " ")) && *word;) {
        uint8_t bytes[4096];
        size_t length = strlen(word) / 2;
        assert_true(hex_decode(bytes, length, word));
        assert_true(total_add_packed(total, bytes, length));
    }
    return total;
}
